"""A directory whose servers are down, silent, slow, or not who they should be: an answer comes in time, and no password
goes to anybody else."""

import asyncio
import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hosted_engine.directories.directories import LdapDirectories
from hosted_engine.engine.users.directories import DirectorySettings, DirectoryUnavailable
from hosted_engine.engine.users.ldap_model import LdapTls
from tests.integration.ldap.certificates import make_certificates
from tests.integration.ldap.server import BASE, Slapd, slapd
from tests.integration.ldap.subjects import settings_for


@pytest.fixture(scope="module", autouse=True)
def people(server: Slapd) -> None:
    server.add_user("jane", "Jane-word-1")


async def finds_jane(settings: DirectorySettings, directories: LdapDirectories | None = None) -> bool:
    return await (directories or LdapDirectories()).find_user(settings, "jane") is not None


async def refused_within(seconds: float, settings: DirectorySettings) -> None:
    began = time.monotonic()
    with pytest.raises(DirectoryUnavailable):
        await finds_jane(settings)
    assert time.monotonic() - began < seconds


def starttls(server: Slapd, **changes: object) -> DirectorySettings:
    return settings_for(server, tls=LdapTls.STARTTLS, servers=(f"{server.address}:{server.starttls_port}",), **changes)


async def test_ldaps_and_starttls(server: Slapd) -> None:
    assert await finds_jane(settings_for(server))
    assert await finds_jane(starttls(server))


async def test_a_server_of_another_authority_is_not_believed(server: Slapd, tmp_path: Path) -> None:
    make_certificates(tmp_path, server.address)
    pem = (tmp_path / "ca.pem").read_text()
    for settings in (settings_for(server, authority_pem=pem), starttls(server, authority_pem=pem)):
        await refused_within(2, settings)


async def test_a_server_of_another_name_is_not_believed(server: Slapd, tmp_path: Path) -> None:
    """Its certificate is of the right authority, for another address."""
    with relay("127.0.0.22", server.address, server.ldaps_port):
        await refused_within(2, settings_for(server, servers=(f"127.0.0.22:{server.ldaps_port}",)))


async def test_nothing_is_said_to_a_server_without_tls() -> None:
    """Not even who searches: StartTLS is refused, or never answered."""
    received: list[bytes] = []
    with (
        listener("127.0.0.23", received=received, answer=_STARTTLS_REFUSED) as port,
        certificates("127.0.0.23") as there,
    ):
        settings = settings_for(there, tls=LdapTls.STARTTLS, servers=(f"127.0.0.23:{port}",))
        await refused_within(5, settings)
    assert received
    assert b"bind-secret" not in b"".join(received)


async def test_wrong_settings_are_no_answer(server: Slapd) -> None:
    await refused_within(2, settings_for(server, bind_password="wrong"))
    await refused_within(2, settings_for(server, base_dn=f"ou=nowhere,{BASE}"))


async def test_a_server_that_is_down_is_passed_over(server: Slapd) -> None:
    both = settings_for(server, servers=("127.0.0.29:10636", f"{server.address}:{server.ldaps_port}"))
    assert await finds_jane(both)
    await refused_within(2, settings_for(server, servers=("127.0.0.29:10636",)))


async def test_a_silent_server_is_passed_over_and_then_asked_last(server: Slapd) -> None:
    """It takes connections and says nothing: the first question waits for it, the next does not."""
    with listener("127.0.0.24") as port:
        silent = f"127.0.0.24:{port}"
        settings = settings_for(server, servers=(silent, f"{server.address}:{server.ldaps_port}"), timeout_s=1.0)
        directories, times = LdapDirectories(), []
        for _ in range(2):
            began = time.monotonic()
            assert await finds_jane(settings, directories)
            times.append(time.monotonic() - began)
        assert 0.9 < times[0] < 2.5
        assert times[1] < 0.9
        await refused_within(3.5, settings_for(server, servers=(silent, silent, silent), timeout_s=1.0))


async def test_a_server_that_drips_is_given_up(server: Slapd) -> None:
    """A byte now and then keeps every single wait short: the whole question has an end."""
    with listener("127.0.0.25", drip=b"\x16\x03\x03\x40\x00" + b"\x00" * 4096) as port:
        settings = settings_for(server, servers=(f"127.0.0.25:{port}",), timeout_s=1.0)
        await refused_within(3.5, settings)


async def test_the_loop_turns_while_a_directory_hangs(server: Slapd, tmp_path: Path) -> None:
    """Real slapd, stopped in its middle; when it goes on so do we."""
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.01)
            turns += 1

    with slapd(tmp_path / "own", "127.0.0.26", ports=(11636, 11389)) as own:
        own.add_user("jane", "Jane-word-1")
        settings, directories = settings_for(own, timeout_s=1.0), LdapDirectories()
        assert await finds_jane(settings, directories)
        pid = int((own.folder / "slapd.pid").read_text())
        os.kill(pid, signal.SIGSTOP)
        turning = asyncio.create_task(turn())
        with pytest.raises(DirectoryUnavailable):
            await finds_jane(settings, directories)
        turning.cancel()
        os.kill(pid, signal.SIGCONT)
        assert turns > 30
        assert await finds_jane(settings, directories)
    with pytest.raises(DirectoryUnavailable):
        await finds_jane(settings, directories)


async def test_groups_in_a_ring_end(server: Slapd) -> None:
    first = server.add_group("ring-a", f"uid=jane,ou=people,{BASE}", f"cn=ring-b,ou=groups,{BASE}")
    server.add_group("ring-b", first)
    directories, settings = LdapDirectories(), settings_for(server)
    jane = await directories.find_user(settings, "jane")
    assert jane is not None
    assert {group.name for group in await directories.groups_of(settings, jane)} >= {"ring-a", "ring-b"}


# LDAP's ExtendedResponse to message 1: protocolError.
_STARTTLS_REFUSED = bytes.fromhex("300c02010178070a010204000400")


@contextmanager
def listener(
    address: str, *, received: list[bytes] | None = None, answer: bytes = b"", drip: bytes = b""
) -> Iterator[int]:
    """Takes connections; says nothing, or `answer` to what it hears, or `drip` byte by byte. Its port."""
    server = socket.create_server((address, 0))
    over = threading.Event()

    def serve(connection: socket.socket) -> None:
        with connection:
            connection.settimeout(20)
            try:
                data = connection.recv(4096)
                if received is not None:
                    received.append(data)
                connection.sendall(answer)
                for byte in drip:
                    if over.wait(0.3):
                        return
                    connection.sendall(bytes([byte]))
                while data := connection.recv(4096):
                    if received is not None:
                        received.append(data)
            except OSError:
                return

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield server.getsockname()[1]
    finally:
        over.set()
        server.close()


@contextmanager
def relay(address: str, to: str, port: int) -> Iterator[None]:
    """What comes to `address` goes on to `to`."""
    server = socket.create_server((address, port))

    def pump(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(4096):
                target.sendall(data)
        except OSError:
            return

    def accept() -> None:
        try:
            while True:
                one, _ = server.accept()
                other = socket.create_connection((to, port))
                for pair in ((one, other), (other, one)):
                    threading.Thread(target=pump, args=pair, daemon=True).start()
        except OSError:
            return

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield
    finally:
        server.close()


@contextmanager
def certificates(address: str) -> Iterator[Slapd]:
    """Of a server that is none."""
    with tempfile.TemporaryDirectory() as folder:
        make_certificates(Path(folder), address)
        yield Slapd(Path(folder), address, 0, 0)
