"""The engine's API over real TLS on loopback, in a thread of this process, over fake nodes."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import ovirtsdk4 as sdk

from hosted_engine.rest.app import make_app
from hosted_engine.rest.registration import RegistrationResource
from hosted_engine.rest.resources import handlers
from node.api.messages.registration import PATH
from node.serving.server import Server
from tests.fakes.engine import AUTHORITY, ENGINE_PAIR, PASSWORD, World


@dataclass
class Served:
    """What a client has to know; `world` belongs to the server's thread."""

    url: str
    ca_file: Path
    world: World
    port: int

    def connection(
        self, password: str = PASSWORD, *, user: str = "admin@internal", headers: dict[str, str] | None = None
    ) -> sdk.Connection:
        return sdk.Connection(
            url=self.url, username=user, password=password, ca_file=str(self.ca_file), timeout=20, headers=headers
        )


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """Serve on a free port until the block ends; certificates go to `folder`."""
    files = {
        "ca.crt": AUTHORITY.certificate,
        "engine.crt": ENGINE_PAIR.certificate,
        "engine.key": ENGINE_PAIR.key,
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    started = threading.Event()
    found: list[World] = []
    servers: list[Server] = []

    async def serve() -> None:
        world = World(url=f"sqlite:///{folder}/engine.db", real_time=True)
        found.append(world)
        app = make_app(
            store=world.store,
            handlers=handlers(world.engine),
            authority_pem=AUTHORITY.certificate.encode(),
            directories=world.engine.directories,
            routes={PATH: RegistrationResource(world.engine.registrations, world.engine.loop)},
        )
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(folder / "engine.crt", folder / "engine.key")
        server = Server(app, tls, hosts="127.0.0.1", port=0, own_signals=False, on_started=started.set)
        servers.append(server)
        await server.serve()
        await world.engine.stop()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    if not started.wait(30):
        raise RuntimeError("the server did not start")
    port = servers[0].servers[0].sockets[0].getsockname()[1]
    try:
        yield Served(f"https://localhost:{port}/ovirt-engine/api", folder / "ca.crt", found[0], port)
    finally:
        servers[0].should_exit = True
        thread.join(30)
