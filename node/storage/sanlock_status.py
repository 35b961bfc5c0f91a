"""What `sanlock client status -D` says of the daemon and its lockspaces. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from node.storage.sanlock import SanlockFailed


@dataclass(frozen=True, slots=True)
class SanlockStatus:
    """`io_timeouts_s` by the name of a lockspace that the daemon is in."""

    watchdog_fire_timeout_s: int
    watchdog: bool
    io_timeouts_s: dict[str, int]


def parse_status(text: str) -> SanlockStatus:
    """Raises SanlockFailed where what has to be there is not."""
    daemon: dict[str, str] = {}
    timeouts: dict[str, int] = {}
    for head, values in _sections(text):
        kind, _, rest = head.partition(" ")
        if kind == "daemon":
            daemon = values
        elif kind == "s" and "io_timeout" in values:
            timeouts[rest.partition(":")[0]] = int(values["io_timeout"])
    try:
        return SanlockStatus(int(daemon["watchdog_fire_timeout"]), daemon["use_watchdog"] == "1", timeouts)
    except (KeyError, ValueError) as err:
        raise SanlockFailed(act="tell its timers", reason=f"its status has no good {err}") from err


def _sections(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """A line that begins at the left, and the `name=value` lines below it."""
    head, values = "", dict[str, str]()
    for line in text.splitlines():
        if line[:1].isspace():
            name, _, value = line.strip().partition("=")
            values[name] = value
            continue
        if head:
            yield head, values
        head, values = line, {}
    if head:
        yield head, values
