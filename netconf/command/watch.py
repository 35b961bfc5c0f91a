"""`trivet net watch`: how the network is, then a line for each thing that happens to it."""

import asyncio
import contextlib
import json
import signal
import sys
from datetime import datetime

import click

from netconf.command.environment import as_json, backend, network
from netconf.errors import BackendMissing
from netconf.networkmanager.link_info import nm_link_info
from netconf.watch import document
from netconf.watch.drift import Drift
from netconf.watch.events import NetworkEvent
from netconf.watch.table import table
from netconf.watch.watch import Moment, Watch


@click.command()
@as_json
@backend
def watch(as_json: bool, backend: str | None) -> None:
    """Print how the network is, and then every change of it within a second, until Ctrl-C.

    With --json each line is an object; the first one is the network as it is.
    """
    asyncio.run(_until_stopped(as_json, backend))


async def _until_stopped(as_json: bool, backend: str | None) -> None:
    work = asyncio.ensure_future(_watched(as_json, backend))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    try:
        await work
    except asyncio.CancelledError:
        pass
    except BrokenPipeError:  # who read it has ended
        sys.stderr.close()


async def _watched(as_json: bool, backend: str | None) -> None:
    drift = None
    with contextlib.suppress(BackendMissing):  # then nobody can say how it should be
        drift = Drift(network(backend))
    async with Watch(nm_link_info=nm_link_info, drift=drift) as watching:
        click.echo(json.dumps({"kind": "view", **document.render(watching.view)}) if as_json else table(watching.view))
        async for moment in watching.moments():
            for line in _lines(moment, as_json=as_json):
                click.echo(line)


def _lines(moment: Moment, *, as_json: bool) -> list[str]:
    at = datetime.fromtimestamp(moment.at).astimezone()
    if as_json:
        return [json.dumps({"at": at.isoformat(timespec="milliseconds"), **_as_json(event)}) for event in moment.events]
    return [f"{at:%H:%M:%S} {event.description}" for event in moment.events]


def _as_json(event: NetworkEvent) -> dict[str, str]:
    return {"kind": event.kind.value, "interface": event.interface, "says": event.description, "about": event.about}
