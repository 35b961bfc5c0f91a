"""libvirt listens for the nodes of this node's site or for nobody, wherever a change was cut short."""

import configparser
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from hosted_engine.authority import KeyPair, make_authority, sign_node
from images.node import ENABLED
from images.project import CONFIGURATION
from node.api.messages.identity import Claim, Leave
from node.api.messages.migration import MigrationReport, MigrationRequest
from node.clock import SystemClock
from node.registration import anchors, membership, migration_trust
from node.registration.anchors import permitted_names
from node.registration.membership import Membership
from node.registration.migration_trust import FOLDER, SOCKET, MigrationNotSet
from tests.fakes.libvirt_units import CONDITIONS, FakeLibvirtUnits
from tests.unit.node.power_cut import cut

SITE, OTHER = make_authority("site"), make_authority("site")
NAMES = ("node1", "node2", "node3")
CLOSED = MigrationReport(members=(), listening=False)
CODE = Leave(claim_code="ABCD-EFGH-JKLM-NPQR")
ETC = CONFIGURATION / "node/etc"


class Node:
    """One machine with its disk; `booted` makes what a start of its agent makes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "node"
        self.units = FakeLibvirtUnits(folder)
        self.booted()

    def booted(self) -> None:
        self.units.boot()
        self.started()

    def started(self) -> None:
        """The agent alone."""
        self.trust = self.units.trust(self.folder)
        self.membership = Membership(
            self.folder,
            "node1",
            clock=SystemClock(),
            addresses=list,
            on_membership_changed=lambda: None,
            trusts=[self.trust],
        )
        self.membership.prepare()

    def claim(self, authority: KeyPair = SITE) -> None:
        request = self.membership.identity().certificate_request_pem
        certificate = sign_node(authority, request, "node1", addresses=[])
        self.membership.claim(Claim(certificate_pem=certificate, authority_pem=authority.certificate))

    def allow(self, *members: str) -> MigrationReport:
        return self.trust.allow_migration(MigrationRequest(members=members))

    def serves(self) -> tuple[str, ...]:
        """Whom the daemon that runs lets in."""
        return permitted_names(self.units.serving or "", SITE.certificate)


@pytest.fixture
def member(tmp_path: Path) -> Node:
    node = Node(tmp_path)
    node.claim()
    return node


def test_it_listens_for_members_from_when_they_are_named_until_it_leaves(member: Node) -> None:
    assert member.trust.migration() == CLOSED
    for _ in range(2):
        assert member.allow("node3", "node1", "node2") == MigrationReport(members=NAMES, listening=True)
    assert member.serves() == NAMES
    assert member.units.restarts == 1
    member.booted()
    assert member.trust.migration() == MigrationReport(members=NAMES, listening=True)
    member.membership.end(CODE)
    assert member.trust.migration() == CLOSED
    assert member.units.serving is None
    assert list(member.units.folder.iterdir()) == []


def test_who_is_no_member_any_more_is_not_let_in(member: Node) -> None:
    member.allow(*NAMES)
    member.allow(*NAMES[:2])
    assert member.serves() == NAMES[:2]


def test_without_names_nobody_is_let_in(member: Node) -> None:
    """An anchor without names would trust all that the authority ever signed."""
    member.allow(*NAMES)
    assert member.allow() == CLOSED
    assert member.units.serving is None


def test_a_node_of_no_site_listens_for_nobody(tmp_path: Path) -> None:
    node = Node(tmp_path)
    assert node.allow(*NAMES) == CLOSED
    assert node.units.restarts == 0


def test_programs_find_key_and_certificate_of_the_node(member: Node) -> None:
    member.allow(*NAMES)
    for name in ("server-key.pem", "client-key.pem", "clientkey.pem"):
        assert (member.units.folder / name).resolve() == member.folder / "key.pem"
    for name in ("server-cert.pem", "client-cert.pem", "clientcert.pem"):
        assert (member.units.folder / name).resolve() == member.folder / "cert.pem"
    assert (member.units.folder / "cacert.pem").read_text() == member.units.serving


def test_a_renewed_certificate_is_taken_up(member: Node) -> None:
    member.allow(*NAMES)
    member.claim()
    assert member.units.restarts == 2
    assert member.trust.migration() == MigrationReport(members=NAMES, listening=True)


def test_what_libvirt_does_not_take_up_is_an_error_and_the_node_stays_a_member(member: Node) -> None:
    member.units.broken = True
    with pytest.raises(MigrationNotSet, match="failed"):
        member.allow(*NAMES)
    assert member.trust.migration().members == ()
    member.started()
    assert member.membership.claimed
    member.units.broken = False
    assert member.allow(*NAMES).members == NAMES


def test_an_image_that_does_not_open_the_port_is_an_error(member: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(member.units, "_start", lambda: None)
    with pytest.raises(MigrationNotSet, match="does not listen"):
        member.allow(*NAMES)


def changes(node: Node) -> dict[str, Callable[[], object]]:
    return {
        "allow": lambda: node.allow(*NAMES),
        "fewer": lambda: node.allow(*NAMES[:2]),
        "leave": lambda: node.membership.end(CODE),
    }


@pytest.mark.parametrize("after", ["boot", "start"], ids=["power cut", "agent killed"])
@pytest.mark.parametrize("change", ["allow", "fewer", "leave"])
def test_a_change_that_was_cut_short_anywhere_is_made_or_not(
    change: str, after: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the report says is what the daemon does, and the same change once more ends as it should."""
    monkeypatch.setattr("os.fsync", lambda _: None)
    files = (anchors.__file__, membership.__file__, migration_trust.__file__)
    count = 0
    while True:
        node = Node(tmp_path / str(count))
        node.claim()
        if change != "allow":
            node.allow(*NAMES)
        if not cut(count, changes(node)[change], files):
            break
        (node.booted if after == "boot" else node.started)()
        report = node.trust.migration()
        assert report.members in ((), NAMES, NAMES[:2])
        assert report.members == node.serves(), count
        assert report.listening is (node.units.serving is not None), count
        if not node.membership.claimed:
            assert report == CLOSED
        changes(node)[change]()
        assert node.serves() == {"allow": NAMES, "fewer": NAMES[:2], "leave": ()}[change]
        count += 1
    assert count > 20


def test_the_image_opens_the_port_for_members_only() -> None:
    text = (ETC / f"systemd/system/{SOCKET}.d/trivet.conf").read_text()
    assert [f"ConditionPathExists={FOLDER / name}" for name in CONDITIONS] == text.splitlines()[-3:]
    assert f"Wants={SOCKET}" in (ETC / "systemd/system/libvirtd.service.d/trivet.conf").read_text()
    assert SOCKET in ENABLED


def test_libvirt_and_qemu_take_the_nodes_own_files_and_nothing_in_clear() -> None:
    daemon, qemu = (settings(name) for name in ("libvirtd.conf", "qemu.conf"))
    for key, name in (("ca_file", "ca-cert.pem"), ("cert_file", "server-cert.pem"), ("key_file", "server-key.pem")):
        assert daemon[key] == f'"{FOLDER / name}"'
    assert "O=node" in daemon["tls_allowed_dn_list"]
    assert daemon["tls_no_sanity_certificate"] == "1"
    assert qemu["migrate_tls_x509_cert_dir"] == f'"{FOLDER}"'
    assert qemu["migrate_tls_x509_verify"] == qemu["migrate_tls_force"] == "1"


def test_a_name_is_that_of_a_machine() -> None:
    for name in ("", "*", ".node", "a b", "node1\n"):
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(msgspec.json.encode({"members": [name]}), type=MigrationRequest)


def settings(name: str) -> configparser.SectionProxy:
    parser = configparser.ConfigParser()
    parser.read_string("[all]\n" + (ETC / "libvirt" / name).read_text())
    return parser["all"]
