"""A bare node becomes a member over real TLS; a wrong fingerprint or claim code gets nowhere."""

from collections.abc import AsyncIterator
from ipaddress import IPv4Interface
from pathlib import Path

import msgspec
import pytest

from hosted_engine.deploy.answers import Answers, BrickAnswers, EngineAnswers, NodeAnswers
from hosted_engine.deploy.connector import NodeConnector
from hosted_engine.deploy.context import DeployContext
from hosted_engine.deploy.decisions import decide
from hosted_engine.deploy.folder import Folder
from hosted_engine.deploy.members import Members
from hosted_engine.deploy.plan import Kind, PlannedStep
from hosted_engine.waiting import Poller, WaitedTooLong
from node.api.problems import NodeNonResponsive, RemoteRefused
from node.clock import SystemClock
from node.tls import WrongFingerprint
from tests.fakes.clock import FakeClock
from tests.unit.node.served import Hosted, serving

CLAIM = PlannedStep(Kind.CLAIM, "claim:node1", "Make node1 a member", ("node1",))


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Hosted]:
    hosted = Hosted(tmp_path / "node")
    async with serving(hosted.service):
        yield hosted


@pytest.fixture
def node(host: Hosted, tmp_path: Path) -> NodeAnswers:
    return NodeAnswers(
        name="node1",
        address=IPv4Interface("127.0.0.1/8"),
        nic="host0",
        fingerprint=host.membership.identity().fingerprint,
        claim_code=(tmp_path / "node" / "claim").read_text().strip(),
        bricks=BrickAnswers(engine="/a", data="/b"),
    )


def work(node: NodeAnswers, folder: Folder, port: int, clock: SystemClock | FakeClock) -> DeployContext:
    engine = EngineAnswers(name="engine.lab.test", address=IPv4Interface("127.0.0.2/8"))
    answers = Answers(site="lab", nodes=(node,), engine=engine)
    with folder.locked():
        folder.make_authority(answers)
    return DeployContext(
        answers, decide(answers), NodeConnector(folder, port=port), folder, Poller(clock, lambda _: None)
    )


async def test_a_bare_node_becomes_a_member_and_a_second_time_nothing(
    host: Hosted, node: NodeAnswers, tmp_path: Path
) -> None:
    site = work(node, Folder(tmp_path / "site"), host.port, SystemClock())
    await Members(site).claim(CLAIM)
    certificate = host.membership.certificate_file.read_text()
    async with site.member("node1") as api:
        assert (await api.identity()).claimed
    await Members(site).claim(CLAIM)
    assert host.membership.certificate_file.read_text() == certificate


async def test_another_site_gets_no_answer(host: Hosted, node: NodeAnswers, tmp_path: Path) -> None:
    await Members(work(node, Folder(tmp_path / "site"), host.port, SystemClock())).claim(CLAIM)
    other = work(node, Folder(tmp_path / "other"), host.port, FakeClock())
    with pytest.raises((NodeNonResponsive, WaitedTooLong)):
        await Members(other).claim(CLAIM)


async def test_a_wrong_fingerprint_is_refused_before_the_claim_code_is_sent(
    host: Hosted, node: NodeAnswers, tmp_path: Path
) -> None:
    wrong = msgspec.structs.replace(node, fingerprint="0" * 64)
    with pytest.raises(WrongFingerprint):
        await Members(work(wrong, Folder(tmp_path / "site"), host.port, FakeClock())).claim(CLAIM)
    assert not host.membership.claimed


async def test_a_wrong_claim_code_is_refused(host: Hosted, node: NodeAnswers, tmp_path: Path) -> None:
    wrong = msgspec.structs.replace(node, claim_code="guess")
    with pytest.raises(RemoteRefused, match="claim code"):
        await Members(work(wrong, Folder(tmp_path / "site"), host.port, FakeClock())).claim(CLAIM)
    assert not host.membership.claimed


async def test_the_node_that_the_deploy_runs_on_is_known_by_its_address(
    host: Hosted, node: NodeAnswers, tmp_path: Path
) -> None:
    site = work(node, Folder(tmp_path / "site"), host.port, FakeClock())
    assert site.connector.own(site.answers) == "node1"
    away = msgspec.structs.replace(node, address=IPv4Interface("192.0.2.99/24"))
    assert site.connector.own(msgspec.structs.replace(site.answers, nodes=(away,))) is None
