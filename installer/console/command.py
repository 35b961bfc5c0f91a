"""`trivet console`: wires the console to this machine and to the terminal that it is run on."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Sequence

import click

from hosted_engine.deploy.connector import NodeConnector
from hosted_engine.deploy.folder import DEFAULT_FOLDER
from installer.console.dependencies import Dependencies
from installer.console.neighbours import AgentNeighbours
from installer.console.root_account import RootAccount
from installer.console.session import Session
from installer.console.status_parts import all_status_parts
from installer.storage import observe_state
from node import config
from node.clock import SystemClock
from node.registration.engine_client import HttpEngineClient
from node.registration.join_files import ENGINE_PORT, join_files_of
from node.registration.offer import read_offer
from node.system.process import run


@click.command()
@click.option("--login", is_flag=True, help="As on the machine's own screen: changes ask for root's password first.")
def console(login: bool) -> None:
    """How this node is, on a screen, and what an operator in front of it has to do: create a site, change the network,
    look at logs, maintenance, reboot.

    Works on any text terminal, and when everything else on the node is broken.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("This needs a terminal. Without one there are `trivet ha status` and `trivet --help`.")
    from installer.console.app import ConsoleApp  # Textual takes a moment to load, and other commands do without

    app = ConsoleApp(dependencies(login=login))
    app.run(mouse=False)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(app.return_code or 0)  # a question that hangs in a dead mount would be waited for


def dependencies(*, login: bool) -> Dependencies:
    """Those of this machine."""
    may_change = not login and os.geteuid() == 0
    return Dependencies(
        status_parts=all_status_parts(config.load, run),
        settings=config.load,
        run=run,
        clock=SystemClock(),
        session=Session(open_for_good=may_change),
        root=RootAccount(run),
        neighbours=AgentNeighbours(),
        observe_pool=observe_state,
        offer=read_offer,
        engine_fingerprint=lambda engine: asyncio.run(HttpEngineClient().fingerprint(engine, ENGINE_PORT)),
        join_files=join_files_of,
        reach=NodeConnector,
        outside=_outside,
        may_leave=not login,
        deploy_folder=DEFAULT_FOLDER,
    )


def _outside(argv: Sequence[str], pauses: bool) -> None:
    """On this terminal. Ctrl-C there is for the command alone: the console hears it and does nothing."""
    before = signal.signal(signal.SIGINT, lambda *_: None)  # a handler is not inherited, as ignoring would be
    try:
        status = subprocess.run(argv, check=False).returncode
        if status != 0 and pauses:
            click.pause(f"\n{' '.join(argv[-2:])} ended with {status}. Any key goes back to the console.")
    finally:
        signal.signal(signal.SIGINT, before)
