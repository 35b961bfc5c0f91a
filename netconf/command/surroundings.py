"""What the commands share: the network of this machine, the site around it, and errors in words."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import click

from netconf.backend import Backend
from netconf.choose import BACKENDS, USUAL, named, usual
from netconf.errors import BadDocument, Problem
from netconf.facade import Network
from netconf.kept import FOLDER, Kept
from netconf.kernel.deputy import Deputy as KernelDeputy
from netconf.standing_by import Deputy

_T = TypeVar("_T")

as_json = click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
backend = click.option(
    "--backend", type=click.Choice(BACKENDS), help="Who carries it out; NetworkManager where it runs."
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an embedding program may hand in as click's `obj`.

    `site` gives the machines of the site, name → address; the ports are those at which its nodes and its engine listen.
    `backend` gives the backend of a name, `deputy` who takes a change back when that died over it.
    """

    site: Callable[[], Mapping[str, str]] = dict
    node_port: int = 54321
    engine_port: int = 443
    folder: Path = field(default=FOLDER)
    backend: Callable[[str], Backend] = named
    deputy: Callable[[], Deputy] = KernelDeputy

    @classmethod
    def here(cls) -> "Surroundings":
        found = click.get_current_context().find_object(Surroundings)
        return found if found is not None else cls()


def network(name: str | None = None) -> Network:
    """Through the backend of that name, or through whoever answers."""
    here = Surroundings.here()
    kept = Kept(here.folder)
    if name is None:
        return usual(kept, named=here.backend, deputy=here.deputy)
    return Network(here.backend(name), kept, deputy=None if name == "kernel" else here.deputy())


def network_of_pending(name: str | None = None) -> Network:
    """The one that can end the change that waits, whoever made that."""
    pending = Kept(Surroundings.here().folder).pending()
    maker = pending.backend if pending is not None and pending.backend not in USUAL else None
    return network(name or maker)


def carried_out(work: Coroutine[None, None, _T]) -> _T:
    """Run it to its end; a signal that ends the process cancels it first, so that it can take back what it began."""
    try:
        return asyncio.run(_cancelled_by_signals(work))
    except BadDocument as err:
        raise click.ClickException("\n".join((f"{err.text.what}:", *(f"  {found}" for found in err.findings)))) from err
    except Problem as err:
        raise click.ClickException(str(err)) from err
    except PermissionError as err:
        raise click.ClickException(f"This needs root ({err})") from err
    except (asyncio.CancelledError, KeyboardInterrupt) as err:
        raise click.ClickException("Stopped; what was not confirmed is taken back") from err


async def _cancelled_by_signals(work: Coroutine[None, None, _T]) -> _T:
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, task.cancel)
    return await task
