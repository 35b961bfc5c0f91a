"""Why a domain is not there any more, from libvirt's events or, where nobody listened, from its log of the VM; pure."""

import re
from dataclasses import dataclass

from node.api.messages.vms import DownReason

LOG_BYTES = 64 << 10  # of a VM's log; one start with its command line takes some 8 KiB


@dataclass(frozen=True, slots=True)
class End:
    """`reason` is libvirt's word (virDomainShutoffReason). `signalled`: a signal from the host made QEMU end itself,
    which libvirt takes for the guest's own shutdown; `killer` is the program that sent it, where that is known."""

    reason: str
    signalled: bool = False
    killer: str = ""


MIGRATED, SAVED = "migrated", "saved"
# virDomainEventStoppedDetailType; FAILED is told of a QEMU that went away by itself.
STOPPED = ("shutdown", "destroyed", "crashed", MIGRATED, SAVED, "crashed", "from snapshot")

_REASONS = {
    "shutdown": DownReason.SHUTDOWN,
    "destroyed": DownReason.DESTROYED,
    "crashed": DownReason.CRASHED,
    "failed": DownReason.FAILED,
    SAVED: DownReason.SAVED,
    "daemon": DownReason.FAILED,
}
_STARTED = re.compile(r"^[-\d]+ [\d:.]+\+0000: starting up libvirt version", re.MULTILINE)
_ENDED = re.compile(r"^[-\d]+ [\d:.]+\+0000: shutting down, reason=(.+)$", re.MULTILINE)
_SIGNAL = re.compile(r"terminating on signal \d+(?: from pid \d+ \(([^)\n]*)\))?")
_OWN_SIGNAL = re.compile(r"(.*/)?libvirtd")  # it ends QEMU so after the guest has shut down, too


def end_in_log(text: str) -> End | None:
    """How the last run ended that `text`, the end of libvirt's log of the VM, tells of; None while nothing is said."""
    starts = [match.end() for match in _STARTED.finditer(text)]
    run = text[starts[-1] if starts else 0 :]
    ended, signal = _ENDED.search(run), _SIGNAL.search(run)
    if ended is None:
        return None
    killer = (signal[1] or "").strip() if signal is not None else ""
    if signal is None or _OWN_SIGNAL.fullmatch(killer):
        return End(ended[1].strip())
    return End(ended[1].strip(), signalled=True, killer=killer)


def why_down(end: End | None) -> tuple[DownReason, str]:
    """The reason, and what to say beside it. LOST: nobody knows, its host or libvirt went down with it."""
    if end is None:
        return DownReason.LOST, ""
    if end.reason == "shutdown" and end.signalled:
        who = f"{end.killer} on its host" if end.killer else "a signal from its host"
        lease = ": the lease of the VM could not be renewed" if end.killer.endswith("sanlock") else ""
        return DownReason.CRASHED, f"{who} ended its process{lease}"
    return _REASONS.get(end.reason, DownReason.LOST), ""
