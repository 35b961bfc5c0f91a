"""Wires store, fleet and rest around the domain: the engine's process."""

import asyncio
import faulthandler
import logging
import signal
import ssl
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec

from hosted_engine import config
from hosted_engine.config import Config
from hosted_engine.directories.lazy import lazy_directories
from hosted_engine.engine.bootstrap import import_site
from hosted_engine.engine.certificates.renewer import CertificateRenewer
from hosted_engine.engine.engine import Engine
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.loop import Loop
from hosted_engine.engine.nodes.joining.approver import Approver
from hosted_engine.engine.nodes.model import Node
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ovf.reconciler import OvfReconciler
from hosted_engine.engine.snapshots.sweeper import ImageSweeper
from hosted_engine.engine.tasks.locks import Locks
from hosted_engine.engine.users.refresher import DirectoryRefresher
from hosted_engine.engine.vmpools.prestart import PoolStarter
from hosted_engine.engine.vms.ha import HaRunner
from hosted_engine.engine.vms.lifecycle import system
from hosted_engine.engine_tls import EngineTls
from hosted_engine.fleet.fleet import Fleet
from hosted_engine.fleet.inviting import Inviter
from hosted_engine.rest.app import make_app
from hosted_engine.rest.registration import RegistrationResource
from hosted_engine.rest.resources import handlers
from hosted_engine.site import SITE_FILE, Site
from hosted_engine.store.opening import open_store
from hosted_engine.store.store import SqlStore
from hosted_engine.transfer_proxy import ImageioProxy
from hosted_engine.waiting import Poller
from node.api.contract import NodeApi
from node.api.messages.registration import PATH
from node.api.problems import Problem, Refused
from node.client import NodeClient
from node.clock import SystemClock
from node.serving.guard import BODILESS
from node.serving.server import Server
from node.serving.watchdog import notify, pet
from node.tls import WrongFingerprint, fetch_certificate, is_self_signed

log = logging.getLogger(__name__)

SWEEP_S = 600
GRACE_S = 5  # for requests on their way when the engine is asked to stop


class SiteMissing(Refused):
    what = "The engine cannot start"
    why = "its database is empty and there is no {path}"
    mend = "Attach the seed disk that the deploy made, or bring the database back"


def main() -> None:
    faulthandler.enable()  # where the loop stood is in the journal when systemd's watchdog ends it
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        asyncio.run(serve(config.load()))
    except Problem as err:
        sys.exit(str(err))


async def serve(settings: Config, *, connect: Callable[[Node], NodeApi] | None = None) -> None:
    """Until SIGTERM or SIGINT. `connect` stands in for the way to the nodes."""
    store = open_store(settings)
    _know_the_site(store, settings.file(SITE_FILE))
    clock, readings, locks = SystemClock(), Readings(), Locks()
    tls = EngineTls(settings)
    authority = tls.authority()
    fleet = Fleet(
        store=store,
        readings=readings,
        locks=locks,
        clock=clock,
        connect=connect or _client_with(tls.clients),
        connect_out_of_time=connect or _client_with(tls.out_of_time),
        is_unclaimed=_is_unclaimed,
        invite=Inviter(authority.engine_fingerprint, settings.port).invite,
    )
    engine = Engine(
        store,
        fleet,
        readings=readings,
        locks=locks,
        poller=Poller(clock),
        authority=authority,
        proxy=ImageioProxy(settings.certificate.read_text()),
        directories=lazy_directories(),
    )
    api = Loop()
    server = _server(settings, engine, api, tls.serving)
    certificates = CertificateRenewer(store, fleet, authority, clock)
    engine.loop.claim()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, setattr, server, "should_exit", True)
    fleet.start()
    engine.resume()
    _emit(store, EventType.VDC_START)
    helpers = [
        asyncio.create_task(work)
        for work in (
            _sweep(engine),
            HaRunner(engine).run(),
            OvfReconciler(store, fleet, locks, clock).run(),
            Approver(engine).run(),
            ImageSweeper(engine).run(),
            DirectoryRefresher(engine).run(),
            PoolStarter(engine).run(),
            certificates.run(),
            pet(partial(_turns, api)),
        )
    ]
    try:
        # In a thread and a loop of its own: a database that stalls while it is written holds up no other answer.
        await asyncio.to_thread(lambda: asyncio.run(server.serve()))
    finally:
        for helper in helpers:
            helper.cancel()
        await engine.stop()
        await fleet.stop()
        _emit(store, EventType.VDC_STOP)
        store.close()


async def _turns(api: Loop) -> None:
    """Return when the loop that answers does."""
    await api.run(asyncio.sleep(0))


async def _sweep(engine: Engine) -> None:
    async def sweep() -> None:
        engine.sweep()

    await engine.periodically(SWEEP_S, sweep, trouble="the past could not be swept")


def _know_the_site(store: SqlStore, path: Path) -> None:
    with store.transaction() as tx:
        if tx.data_centers.count():
            return
        if not path.exists():
            raise SiteMissing(path=path)
        import_site(tx, msgspec.json.decode(path.read_bytes(), type=Site), time.time())
        log.info("took the site from %s", path)


def _client_with(tls: ssl.SSLContext) -> Callable[[Node], NodeApi]:
    return lambda node: NodeClient(node.address, tls, port=node.port)


async def _is_unclaimed(node: Node) -> bool:
    """A member shows a certificate of the site's authority, and refuses who has none."""
    fingerprint = node.fingerprint or None
    try:
        pem = await asyncio.to_thread(fetch_certificate, node.address, node.port, fingerprint)
    except (OSError, WrongFingerprint):
        return False
    return is_self_signed(pem)


def _server(settings: Config, engine: Engine, loop: Loop, tls: ssl.SSLContext) -> Server:
    """Serves in the loop that claims `loop`."""

    def started() -> None:
        loop.claim()
        notify("READY=1")

    app = make_app(
        store=engine.store,
        handlers=handlers(engine),
        authority_pem=settings.authority.read_bytes(),
        routes={PATH: RegistrationResource(engine.registrations, engine.loop)},
        loop=engine.loop,
        directories=engine.directories,
    )
    return Server(
        app,
        tls,
        hosts=settings.address,
        port=settings.port,
        bodiless=BODILESS | {"DELETE"},  # no method of oVirt's that removes takes a body
        drain_s=GRACE_S,
        own_signals=False,
        on_started=started,
    )


def _emit(store: SqlStore, type_: EventType) -> None:
    with store.transaction() as tx:
        emit(tx, system(time.time()), type_)


if __name__ == "__main__":
    main()
