"""What the commands share: the network of this machine, the site around it, and errors in words."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import click

from netconf.backend import Backend
from netconf.backend_watchdog import Rollback
from netconf.change_store import FOLDER, ChangeStore
from netconf.choose import BACKENDS, DEFAULT_BACKENDS, backend_by_name, default_network
from netconf.errors import BadDocument, Problem
from netconf.facade import Network
from netconf.kernel.rollback import KernelRollback

_T = TypeVar("_T")

as_json = click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
backend = click.option(
    "--backend", type=click.Choice(BACKENDS), help="Who carries it out; NetworkManager where it runs."
)


@dataclass(frozen=True, slots=True)
class Environment:
    """What an embedding program may hand in as click's `obj`.

    `site` gives the machines of the site, name → address; the ports are those at which its nodes and its engine listen.
    `backend` gives the backend of a name, `rollback` who takes a change back when that died over it.
    """

    site: Callable[[], Mapping[str, str]] = dict
    node_port: int = 54321
    engine_port: int = 443
    folder: Path = field(default=FOLDER)
    backend: Callable[[str], Backend] = backend_by_name
    rollback: Callable[[], Rollback] = KernelRollback

    @classmethod
    def here(cls) -> "Environment":
        found = click.get_current_context().find_object(Environment)
        return found if found is not None else cls()


def network(name: str | None = None) -> Network:
    """Through the backend of that name, or through whoever answers."""
    here = Environment.here()
    store = ChangeStore(here.folder)
    if name is None:
        return default_network(store, backend_of=here.backend, rollback=here.rollback)
    return Network(here.backend(name), store, rollback=None if name == "kernel" else here.rollback())


def network_of_pending(name: str | None = None) -> Network:
    """The one that can end the change that waits, whoever made that."""
    pending = ChangeStore(Environment.here().folder).pending()
    maker = pending.backend if pending is not None and pending.backend not in DEFAULT_BACKENDS else None
    return network(name or maker)


def run_to_end(work: Coroutine[None, None, _T]) -> _T:
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
