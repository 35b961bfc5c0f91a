"""Nothing of a node answers strangers: every socket that listens is tried from the bridge, where no node is."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ci.lab import engine_vm
from ci.lab.names import ENGINE_ADDRESS
from hosted_engine.authority import KeyPair, make_authority, make_pair
from hosted_engine.deploy.folder import AUTHORITY, DEFAULT_FOLDER
from node.api.messages.identity import Role
from node.api.paths import PORT
from node.ports import ENGINE_PORTS, NODE_PORTS
from node.registration.credentials import self_signed_pem
from tests.lab import listeners
from tests.lab.listeners import (
    FOR_MEMBERS,
    GLUSTER_CALL,
    Attempts,
    attempt,
    client_context,
    listening,
    scanned,
    who_lets_in,
)
from tests.lab.under_test import LabUnderTest

BRICKS_S = 120.0
LIBVIRT_PORT = 16514
TLS_ALERT = b"\x15"
GREETINGS = {"a banner": b"", "HTTP": b"GET / HTTP/1.0\r\n\r\n", "Gluster": GLUSTER_CALL}


@pytest.fixture
def from_bridge(lab: LabUnderTest) -> Iterator[Attempts]:
    with listeners.from_bridge(lab) as found:
        yield found


def test_only_what_the_table_of_ports_says_listens(lab: LabUnderTest) -> None:
    """The firewall is written from the same table."""
    for node in lab.nodes:
        unknown = [
            (name, port)
            for name, port in listening(lab, node)
            if not any(port in ports and name == ports.process for ports in NODE_PORTS)
        ]
        assert unknown == [], node
        assert lab.exec(node, "ss", "-Hulnp").strip() == ""


def test_the_engine_listens_where_the_table_says(lab: LabUnderTest) -> None:
    said = engine_vm.find(lab.appliance.machines).exec("/bin/ss", "-Htuln").stdout.decode()
    addresses = [line.split()[4] for line in said.splitlines()]
    ports = {int(one.rpartition(":")[2]) for one in addresses if not one.startswith(("127.", "[::1]"))}
    assert {port for port in ports if not any(port in known for known in ENGINE_PORTS)} == set()
    assert 443 in ports


def test_what_is_not_in_the_table_is_not_reached_though_it_listens(lab: LabUnderTest, from_bridge: Attempts) -> None:
    node = lab.nodes[0]
    unit = "lab-listener.service"
    lab.exec(node, "systemd-run", "--quiet", "--collect", f"--unit={unit}", "python3", "-m", "http.server", "9999")
    try:
        until_listening(lab, node, 9999)
        with pytest.raises(ConnectionRefusedError):
            from_bridge([attempt(lab, node, 9999, b"GET / HTTP/1.0\r\n\r\n")])
    finally:
        lab.exec(node, "systemctl", "stop", unit)


def until_listening(lab: LabUnderTest, node: str, port: int) -> None:
    until = time.monotonic() + BRICKS_S
    while port not in {found for _, found in listening(lab, node)}:
        assert time.monotonic() < until, f"nothing listens on {port}"
        time.sleep(0.5)


def test_nothing_answers_in_clear(lab: LabUnderTest, from_bridge: Attempts) -> None:
    attempts = {
        (node, name, port, kind): attempt(lab, node, port, greeting)
        for node in lab.nodes
        for name, port in listening(lab, node)
        for kind, greeting in GREETINGS.items()
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


def test_no_listener_lets_in_a_certificate_that_is_not_good(lab: LabUnderTest, tmp_path: Path) -> None:
    site = KeyPair(*(lab.exec(lab.nodes[0], "cat", f"{DEFAULT_FOLDER}/{AUTHORITY}.{part}") for part in ("key", "crt")))
    name, now = lab.nodes[0], datetime.now(UTC)
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    strangers = {
        "without one": None,
        "expired": make_pair(site, Role.NODE, name, now=now - timedelta(days=6 * 365)),
        "not good yet": make_pair(site, Role.NODE, name, now=now + timedelta(days=365)),
        "self-signed": KeyPair(pem, self_signed_pem(key, name, (), now)),
        "of another authority": make_pair(make_authority(lab.appliance.lab.name), Role.NODE, name),
        "of a former member": make_pair(site, Role.NODE, "node9"),
    }
    own = client_context(make_pair(site, Role.NODE, name), tmp_path / "own")
    gluster_ports(lab)  # all bricks are there
    assert who_lets_in(lab, lab.nodes, own) == {process: {True} for process in FOR_MEMBERS}
    for who, pair in strangers.items():
        found = who_lets_in(lab, lab.nodes, client_context(pair, tmp_path / who))
        assert found == {process: {False} for process in FOR_MEMBERS}, who


@pytest.mark.long
def test_a_scan_of_all_ports_finds_those_of_the_table_only(lab: LabUnderTest) -> None:
    for address, known in ((lab.node(lab.nodes[0]).node.address, NODE_PORTS), (ENGINE_ADDRESS, ENGINE_PORTS)):
        found = scanned(lab, address)
        assert {port for port in found if not any(port in ports for ports in known)} == set(), address
        assert found & {443, PORT}, address


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
