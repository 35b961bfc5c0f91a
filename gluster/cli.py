"""The gluster command lines; what their answers mean is parse's business."""

from typing import Protocol


class Run(Protocol):
    """Run a command, return its standard output; any error above exit status 0 raises.

    The exception may carry the command's output as `stdout`: gluster answers some refusals in XML with a status of 1.
    """

    def __call__(self, *argv: str, stdin: str = "", timeout_s: float = 60) -> str: ...
