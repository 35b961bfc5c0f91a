"""A node becomes a member only with the certificate that was made for it, and stays one."""

from datetime import timedelta
from pathlib import Path

import pytest

from node.api.messages.identity import Claim, Leave
from node.api.refusals import ClaimRejected
from node.clock import SystemClock
from node.registration.credentials import load_key, new_key_pem
from node.registration.membership import Membership
from node.tls import certificate_fingerprint
from tests.fakes.authority import DAY, FakeAuthority
from tests.fakes.glusterd_unit import FakeGlusterdUnit


class Node:
    def __init__(self, folder: Path) -> None:
        self.restarts = 0
        self.membership = self.open(folder)
        self.membership.prepare()

    def open(self, folder: Path) -> Membership:
        def restart() -> None:
            self.restarts += 1

        return Membership(
            folder,
            "node1",
            clock=SystemClock(),
            addresses=lambda: ["127.0.0.1"],
            on_membership_changed=restart,
            trusts=[FakeGlusterdUnit(folder.parent).trust(folder)],
        )


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path / "node")


@pytest.fixture
def authority() -> FakeAuthority:
    return FakeAuthority()


def claim_for(node: Node, authority: FakeAuthority, name: str = "node1", role: str = "node") -> Claim:
    request = node.membership.identity().certificate_request_pem
    return Claim(certificate_pem=authority.sign_request(request, name, role), authority_pem=authority.pem)


def test_secrets_are_for_root_alone(node: Node, tmp_path: Path) -> None:
    assert (tmp_path / "node").stat().st_mode & 0o777 == 0o700
    for name in ("key.pem", "claim"):
        assert (tmp_path / "node" / name).stat().st_mode & 0o777 == 0o600


def test_identity_stays_over_restarts(node: Node, tmp_path: Path) -> None:
    code = (tmp_path / "node" / "claim").read_text()
    again = node.open(tmp_path / "node")
    again.prepare()
    assert again.identity().fingerprint == node.membership.identity().fingerprint
    assert again.node_id == node.membership.node_id
    assert again.knows_claim_code(code)


def test_the_self_signed_certificate_has_the_told_fingerprint(node: Node) -> None:
    pem = node.membership.certificate_file.read_text()
    assert certificate_fingerprint(pem) == node.membership.identity().fingerprint


def test_a_claim_makes_a_member_and_the_code_useless(node: Node, authority: FakeAuthority, tmp_path: Path) -> None:
    code = (tmp_path / "node" / "claim").read_text()
    assert node.membership.knows_claim_code(code)
    assert not node.membership.knows_claim_code(code + "x")
    assert not node.membership.knows_claim_code("")
    node.membership.claim(claim_for(node, authority))
    assert node.membership.identity().claimed
    assert not node.membership.knows_claim_code(code)
    assert not (tmp_path / "node" / "claim").exists()
    assert node.restarts == 1


def test_the_same_claim_again_changes_nothing_and_a_renewed_one_is_taken(node: Node, authority: FakeAuthority) -> None:
    claim = claim_for(node, authority)
    node.membership.claim(claim)
    node.membership.claim(claim)
    assert node.restarts == 1
    node.membership.claim(claim_for(node, authority))
    assert node.restarts == 2


CODE = "ABCD-EFGH-JKLM-NPQR"


def test_a_node_that_left_waits_to_be_claimed_as_before(node: Node, authority: FakeAuthority, tmp_path: Path) -> None:
    before = node.membership.identity()
    node.membership.claim(claim_for(node, authority))
    for _ in range(2):
        node.membership.end(Leave(claim_code=CODE))
    assert node.restarts == 2
    assert node.membership.knows_claim_code(CODE)
    assert (tmp_path / "node" / "claim").stat().st_mode & 0o777 == 0o600
    after = node.membership.identity()
    assert (after.claimed, after.fingerprint, after.node_id) == (False, before.fingerprint, before.node_id)
    assert certificate_fingerprint(node.membership.certificate_file.read_text()) == before.fingerprint
    another = FakeAuthority()
    node.membership.claim(claim_for(node, another))
    assert node.membership.claimed


def test_a_node_that_dies_while_it_leaves_is_a_member_or_waits_to_be_claimed(
    node: Node, authority: FakeAuthority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node.membership.claim(claim_for(node, authority))
    certificate = node.membership.certificate_file.read_text()

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    for place in ("node.registration.membership.sync_folder", "node.registration.membership.Membership._sign_self"):
        with monkeypatch.context() as patched:
            patched.setattr(place, die)
            with pytest.raises(KeyboardInterrupt):
                node.membership.end(Leave(claim_code=CODE))
        again = node.open(tmp_path / "node")
        again.prepare()
        assert not again.claimed
        assert again.knows_claim_code(CODE)
        assert again.certificate_file.read_text() != certificate
        node.membership.claim(claim_for(node, authority))


def test_another_authority_is_refused_once_claimed(node: Node, authority: FakeAuthority) -> None:
    node.membership.claim(claim_for(node, authority))
    with pytest.raises(ClaimRejected, match="another authority"):
        node.membership.claim(claim_for(node, FakeAuthority()))


@pytest.mark.parametrize(
    ("name", "role", "reason"), [("node2", "node", "this node is 'node1'"), ("node1", "engine", "the role 'engine'")]
)
def test_a_certificate_for_another_name_or_role_is_refused(
    node: Node, authority: FakeAuthority, name: str, role: str, reason: str
) -> None:
    with pytest.raises(ClaimRejected, match=reason):
        node.membership.claim(claim_for(node, authority, name, role))
    assert not node.membership.claimed


def test_a_certificate_for_another_key_is_refused(node: Node, authority: FakeAuthority) -> None:
    foreign = authority.sign(load_key(new_key_pem()).public_key(), "node1", "node")
    with pytest.raises(ClaimRejected, match="another key"):
        node.membership.claim(Claim(certificate_pem=foreign, authority_pem=authority.pem))


def test_a_certificate_of_an_authority_that_did_not_sign_it_is_refused(node: Node, authority: FakeAuthority) -> None:
    claim = claim_for(node, authority)
    with pytest.raises(ClaimRejected, match="not signed by"):
        node.membership.claim(Claim(certificate_pem=claim.certificate_pem, authority_pem=FakeAuthority().pem))


def test_a_certificate_out_of_its_time_is_refused(node: Node, authority: FakeAuthority, tmp_path: Path) -> None:
    public = load_key((tmp_path / "node" / "key.pem").read_bytes()).public_key()
    late = authority.sign(public, "node1", "node", until=-timedelta(hours=1), since=-2 * DAY)
    with pytest.raises(ClaimRejected, match="not valid now"):
        node.membership.claim(Claim(certificate_pem=late, authority_pem=authority.pem))


def test_text_that_is_no_certificate_is_refused(node: Node) -> None:
    with pytest.raises(ClaimRejected, match="not readable"):
        node.membership.claim(Claim(certificate_pem="x", authority_pem="y"))


def test_a_renewed_certificate_comes_with_the_authority_renewed(node: Node, authority: FakeAuthority) -> None:
    node.membership.claim(claim_for(node, authority))
    authority.renew()
    renewed = claim_for(node, authority)
    node.membership.claim(renewed)
    assert node.membership.authority_file.read_text() == renewed.authority_pem == authority.pem
    assert node.membership.identity().certificate_pem == renewed.certificate_pem
    assert node.restarts == 2


@pytest.mark.parametrize("name", ["ca.pem", "cert.pem", "key.pem"])
@pytest.mark.parametrize("content", [b"", b"-----BEGIN CERTIFICATE-----\nMIIB", b"\xff\x00garbage"])
def test_a_member_whose_files_are_damaged_starts_says_so_and_changes_nothing_of_whom_others_trust(
    name: str, content: bytes, node: Node, authority: FakeAuthority, tmp_path: Path
) -> None:
    node.membership.claim(claim_for(node, authority))
    anchor = (tmp_path / "ssl/glusterfs.ca").read_bytes()
    (tmp_path / "node" / name).write_bytes(content)
    again = node.open(tmp_path / "node")
    again.prepare()
    reason = again.why_unusable()
    assert reason is not None
    assert ("key" if name == "key.pem" else name) in reason
    assert again.claimed
    assert (tmp_path / "node" / name).read_bytes() == content
    assert (tmp_path / "ssl/glusterfs.ca").read_bytes() == anchor


@pytest.mark.parametrize("content", [b"", b"-----BEGIN PRIVATE KEY-----\nMIIB"])
def test_a_machine_of_no_site_makes_its_damaged_key_anew(content: bytes, node: Node, tmp_path: Path) -> None:
    (tmp_path / "node" / "key.pem").write_bytes(content)
    again = node.open(tmp_path / "node")
    again.prepare()
    assert again.why_unusable() is None
    assert again.identity().fingerprint == again.fingerprint
