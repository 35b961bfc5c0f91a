"""Whether gateway, name servers, other nodes and the engine answer, asked over real sockets of this machine."""

import http.server
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hosted_engine.authority import make_authority, make_pair
from hosted_engine.ha.network_probes import HealthProbe, NetworkProbe, ObservedNetwork, connects, resolves
from hosted_engine.ha.site_files import HaEngine, HaNode, HaSite
from hosted_engine.ha.states import Health
from node.api.messages.identity import Role
from node.system.process import CommandFailed

AUTHORITY = make_authority("branch-7")
SITE = HaSite(
    name="branch-7",
    nodes=(HaNode(name="node1", address="127.0.0.1", host_id=1), HaNode(name="node2", address="127.0.0.2", host_id=2)),
    engine=HaEngine(name="engine", address="127.0.0.1"),
    authority=AUTHORITY.certificate,
    lockspace="trivet",
    lease="engine",
    io_timeout_s=4,
    gateway="192.0.2.1",
)


class FakeEngine(http.server.BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        return None


def serve(folder: Path, pair_authority: object = AUTHORITY, *, now: datetime | None = None) -> http.server.HTTPServer:
    pair = make_pair(pair_authority, Role.ENGINE, "engine", names=["127.0.0.1"], now=now)  # type: ignore[arg-type]
    (folder / "crt").write_text(pair.certificate)
    (folder / "key").write_text(pair.key)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(folder / "crt", folder / "key")
    server = http.server.HTTPServer(("127.0.0.1", 0), FakeEngine)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[http.server.HTTPServer]:
    server = serve(tmp_path)
    yield server
    server.shutdown()
    server.server_close()


def health(server: http.server.HTTPServer) -> Health:
    return HealthProbe(SITE, 10, server.server_address[1])()


def test_an_engine_that_says_that_it_is_well_is_healthy(engine: http.server.HTTPServer) -> None:
    assert health(engine) is Health.GOOD


def test_one_that_says_anything_else_is_not(engine: http.server.HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeEngine, "status", 503)
    assert health(engine) is Health.BAD


def test_one_that_the_authority_does_not_know_is_not(tmp_path: Path) -> None:
    stranger = serve(tmp_path, make_authority("elsewhere"))
    assert health(stranger) is Health.BAD
    stranger.shutdown()
    stranger.server_close()


@pytest.mark.parametrize("year", [2010, 2040])
def test_one_whose_certificate_is_not_of_this_hosts_time_is_healthy(year: int, tmp_path: Path) -> None:
    """The clock of this host is wrong, or the certificate has run out: neither is mended by a restart."""
    server = serve(tmp_path, now=datetime(year, 1, 1, tzinfo=UTC))
    assert health(server) is Health.GOOD
    server.shutdown()
    server.server_close()


def test_one_that_is_not_there_is_not(engine: http.server.HTTPServer) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    assert HealthProbe(SITE, 10, port)() is Health.BAD


def test_a_refusal_is_an_answer() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        assert connects("127.0.0.1", bound.getsockname()[1])
        bound.listen()
        assert connects("127.0.0.1", bound.getsockname()[1])


def test_no_name_server_answers_where_none_listens() -> None:
    assert not resolves(["127.0.0.3"])


def test_every_other_node_and_the_gateway_are_asked() -> None:
    def no_ping(*argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        assert argv[0] == "ping"
        raise CommandFailed(argv, "", status=1)

    site = NetworkProbe(SITE, 1, no_ping)()
    assert site == ObservedNetwork(peers={2: True}, gateway=False, dns=None)
    assert site.fraction == 0.5


@pytest.mark.parametrize(
    ("site", "fraction"),
    [
        (ObservedNetwork({2: True, 3: False}, None, None), 1.0),
        (ObservedNetwork({2: False, 3: False}, None, None), 0.0),
        (ObservedNetwork({2: True}, True, False), pytest.approx(2 / 3)),
        (ObservedNetwork({}, None, None), 1.0),
    ],
)
def test_one_other_node_is_enough(site: ObservedNetwork, fraction: float) -> None:
    assert site.fraction == fraction
