"""A node's Gluster runs with TLS for the nodes of its site or not at all, wherever a claim was cut short."""

import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from hosted_engine.authority import KeyPair, make_authority, make_pair, sign_node
from images.project import CONFIGURATION
from node.api.messages.identity import Claim, Leave, Role
from node.clock import SystemClock
from node.registration import anchors, gluster_trust, membership
from node.registration.anchors import anchor_pem, nodes_only
from node.registration.credentials import load_key, new_key_pem
from node.registration.gluster_trust import GlusterNotOff, GlusterOff, GlusterTrust
from node.registration.membership import Membership
from node.tls import server_context
from tests.fakes.glusterd_unit import FakeGlusterdUnit
from tests.unit.node.power_cut import cut

SITE = make_authority("site")
OTHER = make_authority("site")


FILES = (anchors.__file__, gluster_trust.__file__, membership.__file__)


class Node:
    """One machine with its disk; `booted` makes what a start of its agent makes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "node"
        self.unit = FakeGlusterdUnit(folder)
        self.booted()

    def booted(self) -> None:
        self.unit.boot()
        self.membership = Membership(
            self.folder,
            "node1",
            clock=SystemClock(),
            addresses=list,
            on_membership_changed=lambda: None,
            trusts=[self.unit.trust(self.folder)],
        )
        self.membership.prepare()

    def claim(self, authority: KeyPair = SITE) -> None:
        request = self.membership.identity().certificate_request_pem
        certificate = sign_node(authority, request, "node1", addresses=[])
        self.membership.claim(Claim(certificate_pem=certificate, authority_pem=authority.certificate))


def test_before_the_claim_it_is_off_and_after_it_it_runs(tmp_path: Path) -> None:
    node = Node(tmp_path)
    assert not node.unit.running
    node.claim()
    assert node.unit.running
    assert (node.unit.ssl / "glusterfs.key").resolve() == node.folder / "key.pem"
    assert (node.unit.ssl / "glusterfs.pem").read_text() == node.membership.certificate_file.read_text()


def test_a_renewed_certificate_is_where_gluster_finds_it(tmp_path: Path) -> None:
    node = Node(tmp_path)
    node.claim()
    before = (node.unit.ssl / "glusterfs.pem").read_text()
    node.claim()
    assert (node.unit.ssl / "glusterfs.pem").read_text() == node.membership.certificate_file.read_text() != before


def test_what_ran_in_clear_is_stopped_before_it_runs_with_tls(tmp_path: Path) -> None:
    unit = FakeGlusterdUnit(tmp_path, clear=True)
    (tmp_path / "key.pem").write_bytes(new_key_pem())
    (tmp_path / "cert.pem").touch()
    unit.trust(tmp_path).establish(SITE.certificate)
    assert unit.running
    assert not unit.clear


def test_a_node_whose_gluster_does_not_start_is_not_claimed_and_can_be_claimed_again(tmp_path: Path) -> None:
    node = Node(tmp_path)
    node.unit.broken = True
    with pytest.raises(GlusterOff, match="failed"):
        node.claim()
    assert not node.membership.claimed
    node.unit.broken = False
    node.claim(OTHER)
    assert node.membership.claimed


def test_a_member_whose_gluster_does_not_start_still_answers(tmp_path: Path) -> None:
    node = Node(tmp_path)
    node.claim()
    node.unit.running, node.unit.broken = False, True
    node.membership.prepare()
    assert node.membership.identity().claimed


def test_removed_it_stays_off(tmp_path: Path) -> None:
    node = Node(tmp_path)
    node.claim()
    for _ in range(2):
        node.unit.trust(node.folder).remove()
        node.unit.boot()
        assert not node.unit.running
    assert list(node.unit.ssl.iterdir()) == []


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of writes that nobody needs on the disk."""
    monkeypatch.setattr("os.fsync", lambda _: None)


@pytest.mark.usefixtures("quick")
def test_a_claim_that_a_power_cut_ends_anywhere_is_mended_by_the_next(tmp_path: Path) -> None:
    count = 0
    while True:
        node = Node(tmp_path / str(count))
        if not cut(count, node.claim, FILES):
            break
        node.booted()
        assert node.unit.running is node.membership.claimed, count
        if not node.membership.claimed:
            node.claim(OTHER)
        assert node.unit.running
        assert trusts_its_own(node, tmp_path)
        count += 1
    assert count > 30


@pytest.mark.usefixtures("quick")
def test_a_removal_that_a_power_cut_ends_anywhere_is_mended_by_the_next(tmp_path: Path) -> None:
    count = 0
    while True:
        node = Node(tmp_path / str(count))
        node.claim()
        trust = node.unit.trust(node.folder)
        if not cut(count, trust.remove, FILES):
            break
        node.unit.boot()
        trust.remove()
        assert not node.unit.running
        assert list(node.unit.ssl.iterdir()) == []
        count += 1
    assert count > 5


def test_the_image_does_not_start_glusterd_without_the_switch(tmp_path: Path) -> None:
    text = (CONFIGURATION / "node/etc/systemd/system/glusterd.service.d/trivet.conf").read_text()
    assert f"\nConditionPathExists={GlusterTrust(lambda *_, **__: '', identity=tmp_path)._switch}\n" in text


@pytest.mark.parametrize("role", list(Role))
def test_of_all_that_the_authority_signs_only_nodes_are_trusted(role: Role, tmp_path: Path) -> None:
    anchor = nodes_anchor()
    assert trusts(anchor, make_pair(SITE, role, "node2"), tmp_path) is (role is Role.NODE)


def test_nodes_of_another_site_and_who_has_no_certificate_are_not_trusted(tmp_path: Path) -> None:
    anchor = nodes_anchor()
    assert not trusts(anchor, make_pair(OTHER, Role.NODE, "node2"), tmp_path)
    assert not trusts(anchor, None, tmp_path)


def test_the_anchor_lives_as_long_as_the_authority_and_signs_as_little() -> None:
    authority = x509.load_pem_x509_certificate(SITE.certificate.encode())
    anchor = x509.load_pem_x509_certificate(nodes_anchor().encode())
    assert anchor.not_valid_after_utc == authority.not_valid_after_utc
    assert {one.oid for one in anchor.extensions} - {one.oid for one in authority.extensions} == {
        ExtensionOID.NAME_CONSTRAINTS
    }


def nodes_anchor() -> str:
    return anchor_pem(SITE.certificate, load_key(new_key_pem()), [nodes_only()])


def trusts_its_own(node: Node, folder: Path) -> bool:
    """Of the two sites that may have claimed it, Gluster trusts the one that the node belongs to."""
    belongs = node.membership.authority_file.read_text()
    anchor = (node.unit.ssl / "glusterfs.ca").read_text()
    return all(
        trusts(anchor, make_pair(site, Role.NODE, "node2"), folder) is (site.certificate == belongs)
        for site in (SITE, OTHER)
    )


def trusts(anchor: str, peer: KeyPair | None, folder: Path) -> bool:
    """Whether a server with this anchor lets `peer` in, by OpenSSL's rules."""
    own = make_pair(SITE, Role.NODE, "node1")
    files = [folder / name for name in ("own.crt", "own.key", "anchor.crt", "peer.crt", "peer.key")]
    texts = (own.certificate, own.key, anchor, peer.certificate if peer else "", peer.key if peer else "")
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    if peer is not None:
        client.load_cert_chain(files[3], files[4])
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    there, here = client.wrap_bio(down, up), server_context(*files[:3]).wrap_bio(up, down, server_side=True)
    for end in (there, here, there):
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLError:
            return False
    try:
        here.do_handshake()
    except ssl.SSLError:
        return False
    return True


CODE = Leave(claim_code="ABCD-EFGH-JKLM-NPQR")


def test_a_node_that_left_its_site_trusts_nobody(tmp_path: Path) -> None:
    node = Node(tmp_path)
    node.claim()
    node.membership.end(CODE)
    node.booted()
    assert not node.unit.running
    assert list(node.unit.ssl.iterdir()) == []
    node.claim(OTHER)
    assert node.unit.running


def test_a_node_whose_gluster_cannot_be_stopped_stays_a_member_with_storage(tmp_path: Path) -> None:
    node = Node(tmp_path)
    node.claim()
    node.unit.stuck = 1
    with pytest.raises(GlusterNotOff, match="timed out"):
        node.membership.end(CODE)
    assert node.membership.claimed
    assert node.unit.running
    assert node.unit.switch.exists()
    node.membership.end(CODE)
    assert not node.membership.claimed


# --- who belongs to the site -----------------------------------------------------------------------------------------


def handshakes(server: ssl.SSLContext, pair: KeyPair, folder: Path) -> bool:
    """Whether a server with this context takes a client with this certificate."""
    folder.mkdir()
    (folder / "crt").write_text(pair.certificate)
    (folder / "key").write_text(pair.key)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.load_cert_chain(folder / "crt", folder / "key")
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (client.wrap_bio(to_client, to_server), server.wrap_bio(to_server, to_client, server_side=True))
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                return False
    return True


def test_gluster_trusts_the_members_and_no_former_one(tmp_path: Path) -> None:
    node = Node(tmp_path)
    node.claim()
    trust = node.unit.trust(node.folder)
    pairs = {name: make_pair(SITE, Role.NODE, name, names=("192.0.2.1",)) for name in ("node1", "node2", "node4")}

    def taken(prefix: str) -> set[str]:
        server = server_context(node.folder / "cert.pem", node.folder / "key.pem", node.unit.ssl / "glusterfs.ca")
        return {name for name, pair in pairs.items() if handshakes(server, pair, tmp_path / f"{prefix}-{name}")}

    assert taken("nobody was told of") == {"node1", "node2", "node4"}
    trust.allow(SITE.certificate, ["node1", "node2"])
    assert taken("two") == {"node1", "node2"}
    node.claim()  # a renewed certificate changes nothing of that
    node.booted()
    assert taken("still two") == {"node1", "node2"}
    trust.allow(SITE.certificate, ["node1", "node2", "node4"])
    assert taken("three") == {"node1", "node2", "node4"}
    assert trust.members(SITE.certificate) == ("node1", "node2", "node4")


def test_who_is_no_member_any_more_is_told_nothing_by_the_agent(tmp_path: Path) -> None:
    node = Node(tmp_path)
    node.claim()
    trust = node.unit.trust(node.folder)
    own = Membership(
        node.folder, "node1", clock=SystemClock(), addresses=list, on_membership_changed=lambda: None, trusts=[],
        members=trust.members,
    )  # fmt: skip
    assert own.is_member("node4")
    trust.allow(SITE.certificate, ["node1", "node2"])
    assert (own.is_member("node2"), own.is_member("node4")) == (True, False)
