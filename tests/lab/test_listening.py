"""Nothing of a node answers strangers: every socket that listens is tried from the bridge, where no node is."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hosted_engine.authority import KeyPair, make_authority, make_pair
from hosted_engine.deploy.folder import AUTHORITY, DEFAULT_FOLDER
from node.api.messages.identity import Role
from tests.lab import listeners
from tests.lab.listeners import GLUSTER_CALL, Attempts, attempt, client_context, listening
from tests.lab.under_test import LabUnderTest

# All of them speak TLS and ask for a certificate.
MAY_LISTEN = frozenset({"trivet-node", "glusterd", "glusterfsd", "libvirtd"})
BRICK_PORTS = range(24100, 24600)  # gluster/README.md
BRICKS_S = 120.0
LIBVIRT_PORT = 16514
TLS_ALERT = b"\x15"
WORDS = {"a banner": b"", "HTTP": b"GET / HTTP/1.0\r\n\r\n", "Gluster": GLUSTER_CALL}


@pytest.fixture
def from_bridge(lab: LabUnderTest) -> Iterator[Attempts]:
    with listeners.from_bridge(lab) as found:
        yield found


def test_only_what_is_known_listens(lab: LabUnderTest) -> None:
    for node in lab.nodes:
        assert {name for name, _ in listening(lab, node)} <= MAY_LISTEN, node
        assert lab.exec(node, "ss", "-Hulnp").strip() == ""


def test_bricks_listen_where_a_firewall_is_told_that_they_do(lab: LabUnderTest) -> None:
    for node in lab.nodes:
        bricks = [port for name, port in listening(lab, node) if name == "glusterfsd"]
        assert all(port in BRICK_PORTS for port in bricks), (node, bricks)


def test_nothing_answers_in_clear(lab: LabUnderTest, from_bridge: Attempts) -> None:
    attempts = {
        (node, name, port, kind): attempt(lab, node, port, words)
        for node in lab.nodes
        for name, port in listening(lab, node)
        for kind, words in WORDS.items()
    }
    answers = dict(zip(attempts, from_bridge(list(attempts.values())), strict=True))
    assert {tried: said for tried, said in answers.items() if said[:1] not in (b"", TLS_ALERT)} == {}


def test_gluster_answers_nodes_of_the_site_only(lab: LabUnderTest, from_bridge: Attempts, tmp_path: Path) -> None:
    site = KeyPair(*(lab.exec(lab.nodes[0], "cat", f"{DEFAULT_FOLDER}/{AUTHORITY}.{part}") for part in ("key", "crt")))
    strangers = {
        "nobody": None,
        "a node of another site": make_pair(make_authority("lab"), Role.NODE, lab.nodes[0]),
        "a former member": make_pair(site, Role.NODE, "node9"),
        "the engine": make_pair(site, Role.ENGINE, lab.nodes[0]),
        "the deploy": make_pair(site, Role.DEPLOY, lab.nodes[0]),
    }
    own = client_context(make_pair(site, Role.NODE, lab.nodes[0]), tmp_path / "own")
    ports = gluster_ports(lab)
    assert all(from_bridge([attempt(lab, node, port, GLUSTER_CALL, own) for node, port in ports]))
    for who, pair in strangers.items():
        tls = client_context(pair, tmp_path / who)
        answers = from_bridge([attempt(lab, node, port, GLUSTER_CALL, tls) for node, port in ports])
        assert set(answers) == {b""}, who


def test_libvirt_answers_nodes_of_the_site_only(lab: LabUnderTest, from_bridge: Attempts, tmp_path: Path) -> None:
    """It confirms in one byte whom it lets in. A member's name with another role is not enough, nor the role alone."""
    site = KeyPair(*(lab.exec(lab.nodes[0], "cat", f"{DEFAULT_FOLDER}/{AUTHORITY}.{part}") for part in ("key", "crt")))
    callers = {
        "a member": make_pair(site, Role.NODE, lab.nodes[0]),
        "nobody": None,
        "a node of another site": make_pair(make_authority("lab"), Role.NODE, lab.nodes[0]),
        "a former member": make_pair(site, Role.NODE, "node9"),
        "the engine": make_pair(site, Role.ENGINE, lab.nodes[0]),
        "the deploy": make_pair(site, Role.DEPLOY, lab.nodes[0]),
    }
    for who, pair in callers.items():
        tls = client_context(pair, tmp_path / who)
        answers = from_bridge([attempt(lab, node, LIBVIRT_PORT, b"", tls) for node in lab.nodes])
        assert set(answers) == {b"\1" if who == "a member" else b""}, who


def gluster_ports(lab: LabUnderTest) -> list[tuple[str, int]]:
    """Node and port of glusterd and both bricks on every node; bricks of a node that was cut off come back late."""
    until = time.monotonic() + BRICKS_S
    while True:
        ports = [
            (node, port) for node in lab.nodes for name, port in listening(lab, node) if name.startswith("gluster")
        ]
        if len(ports) == 3 * len(lab.nodes):
            return ports
        assert time.monotonic() < until, ports
        time.sleep(1)
