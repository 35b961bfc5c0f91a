"""Why answers do not fit a machine: every reason at once, each with what, why and how to mend it; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from node.api.problems import Refused


@dataclass(frozen=True, slots=True)
class Reason:
    """`path` is the place in the answers that it is about, such as `disks.bricks[0]`."""

    path: str
    what: str
    why: str
    mend: str

    def __str__(self) -> str:
        return f"{self.what}: {self.why}. {self.mend}."


class DoesNotFit(Refused):
    """`reasons` holds all of them."""

    what = "These answers do not fit this machine; nothing was written"
    why = "{reasons}"
    mend = "Change the answers and try again"

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__(reasons=" ".join(map(str, reasons)))
        self.reasons = tuple(reasons)
