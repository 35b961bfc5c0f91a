"""A site whose clocks jumped past the end of its certificates comes back by its recovery code, node by node."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from hosted_engine.authority import KeyPair, make_authority, sign_node, validity
from hosted_engine.deploy import certificate_command, recovery
from hosted_engine.deploy.certificate_command import KeyDamaged, recover
from hosted_engine.deploy.certificate_recovery import NothingFound, OtherSite, find_recovery_file, local_bricks
from hosted_engine.deploy.here import NoSite
from hosted_engine.deploy.recovery import RecoveryDamaged, WrongCode
from node.api.messages.identity import Claim
from node.config import Config
from node.registration.credentials import is_same_authority
from node.registration.membership import Membership
from node.system.files import write_durable
from node.tls import certificate_fingerprint
from tests.fakes.clock import FakeClock
from tests.fakes.glusterd_unit import FakeGlusterdUnit

YEAR_S = 365.25 * 86400
BEGAN = datetime(2026, 11, 30, tzinfo=UTC)
CODE = recovery.new_code()
MEMBERS = ("node1", "node2", "node3")


class Node:
    """A member of the site, at the time of `clock`; `gluster` is its glusterd."""

    def __init__(self, folder: Path, authority: KeyPair, name: str = "node1") -> None:
        self.folder, self.clock = folder, FakeClock(BEGAN.timestamp())
        self.settings = Config(name=name, state=str(folder))
        self.gluster = FakeGlusterdUnit(folder)
        membership = self.start()
        request = membership.identity().certificate_request_pem
        pem = sign_node(authority, request, name, addresses=["192.0.2.11"], now=BEGAN)
        membership.claim(Claim(certificate_pem=pem, authority_pem=authority.certificate))
        trust = self.gluster.trust(self.settings.own_folder)
        trust.allow(authority.certificate, MEMBERS)

    def start(self) -> Membership:
        """As the agent does."""
        own = self.settings.own_folder
        membership = Membership(
            own,
            self.settings.node_name,
            clock=self.clock,
            addresses=lambda: ["192.0.2.11"],
            on_membership_changed=lambda: None,
            trusts=[self.gluster.trust(own)],
        )
        membership.prepare()
        return membership

    def recover(self, file: Path | None = None, code: str = CODE) -> Claim:
        with (self.folder / "code").open("w+") as typed:
            typed.write(f"{code}\n")
            typed.seek(0)
            return recover(
                self.settings,
                file,
                self.folder / "deploy",
                self.clock,
                code_fd=typed.fileno(),
                addresses=lambda: ["192.0.2.11"],
            )

    @property
    def certificate(self) -> Path:
        return self.settings.own_folder / "cert.pem"

    @property
    def anchor(self) -> Path:
        return self.folder / "ssl/glusterfs.ca"


def trusts(one: Node, other: Node) -> bool:
    """What OpenSSL says to Gluster of `one` about `other`, at the time of its clock."""
    argv = ("openssl", "verify", "-attime", f"{one.clock.now():.0f}", "-CAfile", one.anchor, other.certificate)
    return subprocess.run(argv, capture_output=True, check=False).returncode == 0


@pytest.fixture
def authority() -> KeyPair:
    return make_authority("branch-7", now=BEGAN)


@pytest.fixture
def nodes(tmp_path: Path, authority: KeyPair) -> list[Node]:
    return [Node(tmp_path / name, authority, name) for name in MEMBERS]


@pytest.fixture
def file(tmp_path: Path, authority: KeyPair) -> Path:
    path = tmp_path / "recovery.json"
    path.write_text(recovery.seal("branch-7", {"ca.key": authority.key, "ca.crt": authority.certificate}, CODE))
    return path


@pytest.mark.parametrize("years", [5.1, 7, 10.1, 15])
def test_nodes_trust_each_other_again_after_a_jump(years: float, nodes: list[Node], file: Path) -> None:
    first, second, _ = nodes
    assert trusts(first, second)
    for node in nodes:
        node.clock.advance(years * YEAR_S)
    assert not trusts(first, second)
    before = first.certificate.read_text()
    for node in nodes:
        node.recover(file)
        node.start()
    assert all(trusts(one, other) for one in nodes for other in nodes)
    since, until = validity(first.certificate.read_text())
    assert since <= first.clock.now() < until - 4 * YEAR_S
    assert certificate_fingerprint(before) == certificate_fingerprint(first.certificate.read_text())
    assert first.gluster.trust(first.settings.own_folder).members((first.settings.own_folder / "ca.pem").read_text())


def test_a_node_that_was_mended_trusts_no_stranger(nodes: list[Node], file: Path, tmp_path: Path) -> None:
    first = nodes[0]
    first.clock.advance(7 * YEAR_S)
    first.recover(file)
    first.start()
    stranger = Node(tmp_path / "stranger", make_authority("branch-7", now=BEGAN), "node2")
    stranger.clock.advance(7 * YEAR_S)
    assert not trusts(first, stranger)


@pytest.mark.parametrize("name", ["ca.pem", "cert.pem"])
@pytest.mark.parametrize("content", ["", "-----BEGIN CERTIFICATE-----\nMII", "garbage"])
def test_damaged_files_come_back_as_well(name: str, content: str, nodes: list[Node], file: Path) -> None:
    node = nodes[0]
    (node.settings.own_folder / name).write_text(content)
    assert node.start().why_unusable() is not None
    node.recover(file)
    assert node.start().why_unusable() is None
    assert trusts(nodes[1], node)
    assert trusts(node, nodes[1])


def test_a_damaged_key_is_said(nodes: list[Node], file: Path) -> None:
    (nodes[0].settings.own_folder / "key.pem").write_text("")
    with pytest.raises(KeyDamaged):
        nodes[0].recover(file)


def test_power_cut_after_any_file_is_mended_by_the_same_again(
    nodes: list[Node], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = "node.registration.membership.write_durable"

    class Cut(BaseException):
        pass

    node = nodes[0]
    node.clock.advance(11 * YEAR_S)
    for cut_at in (1, 2):
        count = 0

        def cutting(path: Path, content: bytes | str, mode: int = 0o600, at: int = cut_at) -> None:
            nonlocal count
            count += 1
            write_durable(path, content, mode)
            if count == at:
                raise Cut

        monkeypatch.setattr(module, cutting)
        with pytest.raises(Cut):
            node.recover(file)
        monkeypatch.setattr(module, write_durable)
        node.start()
    node.recover(file)
    node.start()
    assert trusts(node, node)


def test_another_site_another_code_and_no_site_are_refused(nodes: list[Node], file: Path, tmp_path: Path) -> None:
    node = nodes[0]
    before = node.certificate.read_text()
    other = make_authority("elsewhere", now=BEGAN)
    theirs = tmp_path / "theirs.json"
    theirs.write_text(recovery.seal("elsewhere", {"ca.key": other.key, "ca.crt": other.certificate}, CODE))
    with pytest.raises(OtherSite):
        node.recover(theirs)
    with pytest.raises(WrongCode):
        node.recover(file, recovery.new_code())
    theirs.write_text(recovery.seal("branch-7", {"ca.crt": other.certificate}, CODE))
    with pytest.raises(RecoveryDamaged):
        node.recover(theirs)
    assert node.certificate.read_text() == before
    (node.settings.own_folder / "ca.pem").unlink()
    with pytest.raises(NoSite):
        node.recover(file)


def test_the_file_is_found_on_a_brick_when_the_volume_is_away(nodes: list[Node], file: Path, tmp_path: Path) -> None:
    glusterd, whole, torn = tmp_path / "glusterd", tmp_path / "bricks/engine", tmp_path / "bricks/data"
    for volume, host, brick in (("data", "node1", torn), ("engine", "node1", whole), ("engine", "node2", torn)):
        folder = glusterd / "vols" / volume / "bricks"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{host}:{str(brick).replace('/', '-')}").write_text(
            f"hostname={host}\npath={brick}\nlisten-port=0\n"
        )
        (brick / "ha").mkdir(parents=True, exist_ok=True)
    (torn / "ha/recovery.json").write_text(file.read_text()[:100])
    (whole / "ha/recovery.json").write_bytes(file.read_bytes())
    settings = nodes[0].settings
    assert list(local_bricks(glusterd, "node1")) == [torn, whole]
    found = find_recovery_file(settings, tmp_path / "deploy", glusterd)
    assert found == (whole / "ha/recovery.json", file.read_bytes())
    (whole / "ha/recovery.json").unlink()
    with pytest.raises(NothingFound, match="bricks/engine"):
        find_recovery_file(settings, tmp_path / "deploy", glusterd)


def test_the_authority_stays_the_site_s(nodes: list[Node], file: Path, authority: KeyPair) -> None:
    nodes[0].clock.advance(11 * YEAR_S)
    claim = nodes[0].recover(file)
    assert is_same_authority(authority.certificate, claim.authority_pem)
    assert authority.key not in "".join(one.read_text() for one in nodes[0].settings.own_folder.glob("*.pem"))


def test_somebody_has_to_say_that_the_clock_is_right(
    nodes: list[Node], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.config.load", lambda: nodes[0].settings)
    before = nodes[0].certificate.read_text()
    result = CliRunner().invoke(certificate_command.recover_certificates, ["--file", str(file), "--code-fd", "0"])
    assert result.exit_code == 1
    assert "nobody has confirmed that this node's clock is right" in result.output
    assert nodes[0].certificate.read_text() == before
