"""`trivet net edit`: the network on a screen, for an operator at a console."""

import asyncio
import contextlib
import signal
import sys
from pathlib import Path

import click

from netconf.command.environment import backend, network_of_pending, run_to_end
from netconf.facade import WITHIN_S
from netconf.model import NetworkState
from netconf.proofs.gateway import GatewayAnswers

_SPEEDS = Path("/sys/class/net")


@click.command()
@click.option(
    "--within",
    type=click.IntRange(20, 600),
    default=WITHIN_S,
    show_default=True,
    metavar="S",
    help="Everything is back after so long unless you keep it.",
)
@backend
def edit(within: int, backend: str | None) -> None:
    """See the network on a screen and lay out the management network, by the keyboard of any text console.

    It shows what would change before it changes anything, and takes it back unless you keep it.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("This needs a terminal. Without one there is `trivet net apply`.")
    run_to_end(_edited(within, backend))


async def _edited(within_s: int, backend: str | None) -> None:
    from netconf.screens.edit import EditApp  # Textual takes a moment to load, and the other commands do without
    from netconf.screens.rows import Observed

    host = network_of_pending(backend)

    async def observe() -> Observed:
        state = await host.observe()
        return Observed(state, await asyncio.to_thread(_speeds, state))

    await observe()  # what does not work at all is better said without a screen
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):  # nothing is to be done then: what was not kept goes back by itself
        loop.remove_signal_handler(number)
    await EditApp(host, observe, GatewayAnswers(), within_s=within_s).run_async(mouse=False)


def _speeds(state: NetworkState) -> dict[str, int]:
    """In Mbit/s, of the links that have one."""
    found = {}
    for interface in state.interfaces:
        with contextlib.suppress(OSError, ValueError):
            speed = int((_SPEEDS / interface.name / "speed").read_text())
            if speed > 0:
                found[interface.name] = speed
    return found
