"""What the parts of the console tell each other; pure."""

from dataclasses import dataclass

Lines = tuple[str, ...]
"""What is said of one part of the node; a line that begins with `!` is about something that is wrong."""


@dataclass(frozen=True, slots=True)
class Own:
    """This machine. `fingerprint` is empty until the agent has run for the first time, `claim_code` once the node is
    claimed. `site` is None while it belongs to none."""

    name: str
    fingerprint: str = ""
    claim_code: str = ""
    site: str | None = None
