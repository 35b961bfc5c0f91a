"""What the journal has of Trivet's services, and of those that they stand on, to scroll through."""

from functools import partial

from installer.console.menu import Entry
from installer.console.operator import Operator
from installer.console.pages import MenuPage, TextPage
from node.system.process import Run

LINES = 1000
JOURNAL_S = 30.0
OWN = "trivet-*"
GROUPS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "A": ("All of Trivet", "agent, high availability, deploy", (OWN,)),
    "N": ("Agent", "trivet-node", ("trivet-node.service",)),
    "H": ("High availability", "trivet-ha", ("trivet-ha.service",)),
    "G": ("Storage", "glusterd, sanlock", ("glusterd.service", "sanlock.service")),
    "V": ("Virtualization", "libvirtd", ("libvirtd.service",)),
    "W": ("Network", "NetworkManager", ("NetworkManager.service",)),
    "K": ("Kernel", "messages since the boot", ()),
}


async def show_logs(operator: Operator) -> None:
    entries = [Entry(key, title, note) for key, (title, note, _) in GROUPS.items()]
    place = 0
    while (entry := await operator.ask(MenuPage("Logs", f"The last {LINES} lines.", entries, place))) is not None:
        place = entries.index(entry)
        again: bool | None = True
        while again:
            units = GROUPS[entry.key][2]
            text = await operator.threaded(
                "Reading the journal ...",
                partial(read_journal, operator.dependencies.run, units),
            )
            again = await operator.ask(TextPage(f"Log: {entry.title}", text, enter="read again", at_end=True))


def read_journal(run: Run, units: tuple[str, ...]) -> str:
    """The last lines of those units; the kernel's without any. Raises CommandFailed."""
    which = [word for unit in units for word in ("--unit", unit)] or ["--dmesg"]
    argv = ("journalctl", "--no-pager", "--output", "short-iso", "--lines", str(LINES), *which)
    return run(*argv, timeout_s=JOURNAL_S).strip() or "There are no lines."
