"""Somebody between a machine and the engine: ends TLS with a key of its own and passes on what it reads."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from ci.lab.names import ENGINE_ADDRESS, GATEWAY_ADDRESS
from ci.lab.relay import enter
from hosted_engine.authority import make_authority, make_pair
from node.api.messages.identity import Role
from node.tls import certificate_fingerprint
from tests.lab.listeners import client_context
from tests.lab.under_test import LabUnderTest

ADDRESS, PORT = GATEWAY_ADDRESS, 443
IDLE_S = 60.0


@contextmanager
def interceptor(lab: LabUnderTest, folder: Path) -> Iterator[str]:
    """Listens at ADDRESS while this lasts; gives the fingerprint of its key."""
    pair = make_pair(make_authority("somebody"), Role.ENGINE, "engine")
    (folder / "crt").write_text(pair.certificate)
    (folder / "key").write_text(pair.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "crt", folder / "key")
    with ThreadPoolExecutor(1, initializer=enter, initargs=(lab.appliance.lab.netns_path,)) as inside:
        listener = inside.submit(socket.create_server, (ADDRESS, PORT)).result()

        def engine() -> socket.socket:
            return inside.submit(socket.create_connection, (ENGINE_ADDRESS, PORT), IDLE_S).result()

        thread = threading.Thread(target=_accept, args=(listener, context, engine), daemon=True)
        thread.start()
        try:
            yield certificate_fingerprint(pair.certificate)
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            thread.join(IDLE_S)


def _accept(listener: socket.socket, context: ssl.SSLContext, engine: Callable[[], socket.socket]) -> None:
    """Until the listener is closed."""
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_pass_on, args=(plain, context, engine), daemon=True).start()


def _pass_on(plain: socket.socket, context: ssl.SSLContext, engine: Callable[[], socket.socket]) -> None:
    plain.settimeout(IDLE_S)
    with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as caller:
        # Who only looks at the certificate goes away before this.
        real = client_context(None, Path()).wrap_socket(engine())
        with real:
            back = threading.Thread(target=_copy, args=(real, caller), daemon=True)
            back.start()
            _copy(caller, real)
            back.join(IDLE_S)


def _copy(source: ssl.SSLSocket, target: ssl.SSLSocket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
