"""`trivet install attended`, which `trivet install` alone is, too: the installer's screens on this terminal."""

import os
import sys

import click

from installer.run_command import NotLive
from installer.steps.live import Live

_NO_TERMINAL = "This needs a terminal. Without one there is `trivet install run ANSWERS`."
_DUMB = (
    "This terminal says that it can place no text (TERM={term}), so the screens cannot be shown. If it is one like a "
    "VT220 all the same, try `TERM=vt220 trivet install`; without screens there is `trivet install run ANSWERS`."
)


@click.command()
def attended() -> None:
    """Install Trivet on this machine by answering questions on this terminal.

    It works on any text terminal of 80x24 or more, on several at once, and writes no disk before its review is
    confirmed.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError(_NO_TERMINAL)
    if (term := os.environ.get("TERM", "")) in ("", "dumb", "unknown"):
        raise click.UsageError(_DUMB.format(term=term))
    if os.geteuid() != 0:
        raise click.ClickException("This needs root")
    if not Live().mark.exists():
        raise click.ClickException(str(NotLive()))
    show()


def show() -> None:
    from installer.app import InstallApp  # Textual takes a moment to load, and the other commands do without
    from installer.consoles import Consoles
    from installer.wiring import ThisMachine

    terminal = os.ttyname(sys.stdin.fileno()).removeprefix("/dev/")
    InstallApp(ThisMachine(), Consoles(terminal)).run(mouse=False)
