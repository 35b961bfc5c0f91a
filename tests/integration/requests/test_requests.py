"""No request, and no connection without one, keeps the engine's real process from answering others."""

import asyncio
import os
import signal
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from node.serving.bounds import Bounds
from tests.integration.requests.crowd import HALVES, Crowd
from tests.integration.requests.engine import HANG_S, WATCHDOG_S, Engine, running

API = "/ovirt-engine/api"
CROWD = 2000
MANY = [f"127.0.1.{number}" for number in range(1, 41)]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with running(tmp_path_factory.mktemp("engine")) as engine:
        yield engine


def connected_meanwhile(crowd: Crowd, sources: list[str], meanwhile: Callable[[], None]) -> None:
    """`meanwhile` again and again while the crowd comes, and once more when it is there."""
    there = threading.Event()

    def ask() -> None:
        while not there.is_set():
            meanwhile()
        meanwhile()

    async def all_of_it() -> None:
        asking = asyncio.create_task(asyncio.to_thread(ask))
        try:
            await crowd.gather(CROWD, sources)
        finally:
            there.set()
            await asking
            crowd.go()

    asyncio.run(all_of_it())


@pytest.mark.timeout(300)
@pytest.mark.parametrize("sources", [MANY, ["127.0.0.1"]], ids=["many", "the-same"])
def test_a_crowd_that_says_nothing_keeps_nobody_out(engine: Engine, sources: list[str]) -> None:
    crowd, took, descriptors = Crowd(engine.port, engine.trusting()), [], []

    def somebody_asks() -> None:
        """Anew each time, as who comes for the first time: TLS, sign-on and a question."""
        began = time.monotonic()
        with engine.client() as client:
            engine.sign_in(client)
            assert client.get(f"{API}/vms").status_code == 200
        took.append(time.monotonic() - began)
        descriptors.append(engine.descriptors())

    with engine.client() as regular:
        engine.sign_in(regular)
        connected_meanwhile(crowd, sources, somebody_asks)
        assert regular.get(API).status_code == 200
    print(
        f"{len(took)} sign-ons, {max(took):.2f} s at most; {max(descriptors)} descriptors, {engine.resident_mib()} MiB"
    )
    bounds = Bounds()
    most = bounds.in_all if len(sources) > 1 else bounds.of_address
    assert max(descriptors) < most + 200  # those that are about to go, and the engine's own


@pytest.mark.timeout(300)
def test_who_never_asks_is_ended(engine: Engine) -> None:
    async def crowd_of_some() -> int:
        crowd = Crowd(engine.port, engine.trusting())
        await crowd.gather(50, MANY)
        ended = await crowd.ends(HANG_S, *HALVES[:4])
        crowd.go()
        return ended

    assert asyncio.run(crowd_of_some()) == 40


@pytest.mark.timeout(300)
def test_two_thousand_stars_hold_nobody_up(engine: Engine) -> None:
    with engine.client() as client, engine.client() as other:
        engine.sign_in(client)
        engine.sign_in(other)
        for number in range(5):
            vm = {"name": f"web-{number:03}", "cluster": {"name": "Default"}, "template": {"name": "Blank"}}
            assert client.post(f"{API}/vms", json=vm).status_code == 201
        done = threading.Event()

        def ask() -> None:
            for pattern in ("*" * 2000 + "x", "*w*e*b" * 300 + "x", "web" * 600 + "*x"):
                for field in ("name", "description", "cluster.name", ""):
                    search = f"{field}={pattern}" if field else pattern
                    client.get(f"{API}/vms", params={"search": search}).raise_for_status()
            done.set()

        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        took = []
        while asking.is_alive():
            began = time.monotonic()
            assert other.get("/ovirt-engine/services/health").status_code == 200
            took.append(time.monotonic() - began)
        assert done.is_set()
        print(f"{len(took)} others answered meanwhile, {max(took):.3f} s at most")
        found = client.get(f"{API}/vms", params={"search": "name=w*b-00*"}, headers={"Accept": "application/json"})
        assert len(found.json()["vm"]) == 5


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_body_that_never_comes_is_not_waited_for(engine: Engine, method: str) -> None:
    request = f"{method} {API}/vms/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"
    with (
        socket.create_connection(("127.0.0.1", engine.port), timeout=HANG_S) as sock,
        engine.trusting().wrap_socket(sock, server_hostname="localhost") as tls,
    ):
        began = time.monotonic()
        tls.sendall(request.encode())
        assert tls.recv(100).startswith(b"HTTP/1.1 401")
        assert time.monotonic() - began < Bounds().body_s


@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("HEAD", 200), ("DELETE", 404)])
def test_a_body_that_nobody_asked_for_is_no_mistake(engine: Engine, method: str, status: int) -> None:
    """Clients of older versions send one with each DELETE."""
    with engine.client() as client:
        engine.sign_in(client)
        path = f"{API}/vms" if method != "DELETE" else f"{API}/vms/none"
        body = b"<action><force>true</force></action>"
        answer = client.request(method, path, content=body, headers={"Content-Type": "application/xml"})
        assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    "sent", [b"\0" * 1000, b"GET " + b"x" * 100_000, os.urandom(1000), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
)
def test_no_nonsense_does_it_harm(engine: Engine, sent: bytes) -> None:
    for context in (None, engine.trusting()):
        with socket.create_connection(("127.0.0.1", engine.port), timeout=HANG_S) as sock:
            talking = context.wrap_socket(sock, server_hostname="localhost") if context else sock
            try:
                talking.sendall(sent)
                while talking.recv(1 << 16):
                    pass
            except (OSError, ssl.SSLError):
                pass
            talking.close()
    with engine.client() as client:
        assert client.get("/ovirt-engine/services/health").status_code == 200


@pytest.mark.timeout(300)
def test_it_gives_word_to_systemd_while_it_turns(engine: Engine) -> None:
    """A process that is stopped is what a loop that stands still looks like from outside."""
    engine.notices.setblocking(False)
    while _waiting(engine.notices):
        pass
    assert engine.notice() == "WATCHDOG=1"
    os.kill(engine.pid, signal.SIGSTOP)
    engine.notices.settimeout(WATCHDOG_S / 2)  # twice as long as between two
    with pytest.raises(TimeoutError):
        engine.notices.recv(100)
    os.kill(engine.pid, signal.SIGCONT)
    assert engine.notice() == "WATCHDOG=1"


def _waiting(notices: socket.socket) -> bool:
    try:
        return bool(notices.recv(100))
    except BlockingIOError:
        return False


def test_its_log_says_nothing_of_all_that(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What anybody can cause from outside must not fill the journal."""
    log = (Path(engine.authority).parent / "log").read_text()
    assert log.count("Traceback") == 0
    assert len(log.splitlines()) < 300, log[-2000:]
