"""Whether a watchdog ends this host where sanlock cannot end what holds a lease."""

from node.storage.sanlock import SanlockFailed
from node.storage.sanlock_status import parse_status
from node.system.process import CommandFailed, Run

NO_WATCHDOG = (
    "No watchdog on this host: while it has a QEMU that cannot be killed, the engine stays down until its power is "
    "cut. See what the machine has: journalctl -u wdmd"
)


def has_watchdog(run: Run) -> bool | None:
    """What this host's sanlock works with; None where it does not answer."""
    try:
        return parse_status(run("sanlock", "client", "status", "-D", timeout_s=5)).watchdog
    except (CommandFailed, SanlockFailed):
        return None
