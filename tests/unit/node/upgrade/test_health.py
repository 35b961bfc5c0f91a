import re
import shutil
from pathlib import Path

import pytest

from node.config import Config
from node.registration.credentials import AUTHORITY, CERTIFICATE, KEY
from node.server.app import make_app
from node.server.serve import Service
from node.system.process import CommandFailed
from node.tls import server_context
from node.upgrade.boot_count import COUNT_VARIABLE
from node.upgrade.health import addresses_finding, agent_finding, gluster_finding, libvirt_finding, wait_healthy
from node.upgrade.records import Finding
from tests.fakes.authority import FakeAuthority
from tests.fakes.clock import FakeClock
from tests.fakes.node.site import FakeSite
from tests.ports import free_port
from tests.unit.node.served import Hosted, Open, serving
from tests.unit.node.test_fake_node import ready

UNITS = Path("node")


class Commands:
    """Answers by the first word."""

    def __init__(self, **answers: str | CommandFailed) -> None:
        self.commands = answers

    def __call__(self, *argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        answer = self.commands[argv[0]]
        if isinstance(answer, CommandFailed):
            raise answer
        return answer


def unit(active: str, condition: str = "yes", result: str = "success") -> Commands:
    return Commands(systemctl=f"ActiveState={active}\nConditionResult={condition}\nResult={result}\n")


@pytest.mark.parametrize(
    ("run", "is_member", "why"),
    [
        (unit("active"), True, ""),
        (unit("active"), False, ""),
        (unit("inactive", "no"), False, ""),
        (unit("inactive", "no"), True, "its unit is inactive (success)"),
        (unit("inactive", "yes"), False, "its unit is inactive (success)"),
        (unit("failed", "yes", "exit-code"), True, "its unit is failed (exit-code)"),
        (unit("activating"), True, "its unit is activating (success)"),
        (Commands(systemctl=CommandFailed(("systemctl",), "no\nbus")), True, "no bus"),
    ],
)
def test_gluster(run: Commands, is_member: bool, why: str) -> None:
    assert gluster_finding(run, is_member=is_member).why == why


def test_libvirt() -> None:
    assert libvirt_finding(Commands(virsh="\n")).is_good
    assert libvirt_finding(Commands(virsh=CommandFailed(("virsh",), "no daemon"))).why == "no daemon"


def test_addresses() -> None:
    assert addresses_finding((), []).is_good
    assert addresses_finding(("192.0.2.1",), ["192.0.2.1", "192.0.2.2"]).is_good
    assert addresses_finding(("192.0.2.1",), ["192.0.2.2"]).why == "192.0.2.1 is on no interface"


async def test_the_agent_answers_before_the_claim(tmp_path: Path) -> None:
    node = Hosted(tmp_path / "node")
    settings = Config(state=str(tmp_path), port=node.port)
    assert not (await agent_finding(settings)).is_good
    async with serving(node.service):
        assert (await agent_finding(settings)) == Finding(what=f"agent on port {node.port}")


async def test_the_agent_answers_after_the_claim_and_its_name_does_not_matter(tmp_path: Path) -> None:
    settings, authority = Config(state=str(tmp_path), port=free_port()), FakeAuthority()
    settings.own_folder.mkdir()
    files = authority.issue(tmp_path, "node1", "node")
    for file, name in zip(files, (CERTIFICATE, KEY, AUTHORITY), strict=True):
        shutil.copy(file, settings.own_folder / name)
    app, tls = make_app(await ready("node1", FakeSite(), 1), Open(), mutual=True), server_context(*files)
    async with serving(Service(lambda: (app, tls), port=settings.port, hosts="127.0.0.1", drain_s=0)):
        assert (await agent_finding(settings)) == Finding(what=f"agent on port {settings.port}")


async def test_another_key_is_not_the_node(tmp_path: Path) -> None:
    node, other = Hosted(tmp_path / "one/node"), Hosted(tmp_path / "two/node")
    async with serving(node.service):
        assert other.membership.certificate_file.exists()
        found = await agent_finding(Config(state=str(tmp_path / "two"), port=node.port))
        assert "certificate" in found.why.lower()


async def test_it_waits_until_all_is_good() -> None:
    looks = [Finding(what="a", why="not yet")] * 3 + [Finding(what="a")] * 2
    clock = FakeClock()

    async def observe() -> tuple[Finding, ...]:
        return (looks.pop(0),)

    begun = clock.monotonic()
    assert (await wait_healthy(observe, clock, 300))[0].is_good
    assert clock.monotonic() - begun == 6


async def test_it_gives_up_in_time() -> None:
    clock = FakeClock()

    async def observe() -> tuple[Finding, ...]:
        return (Finding(what="a", why="never"),)

    begun = clock.monotonic()
    assert not (await wait_healthy(observe, clock, 300))[0].is_good
    assert clock.monotonic() - begun <= 300
    assert not (await wait_healthy(observe, clock, 0))[0].is_good


@pytest.mark.parametrize("name", ["trivet-health.service", "trivet-bless.service", "trivet-fallback.service"])
def test_units_run_on_installed_nodes_alone(name: str) -> None:
    assert "ConditionPathExists=/run/trivet/booted.json\n" in (UNITS / name).read_text()


@pytest.mark.parametrize("name", ["trivet-fallback.service", "trivet-fallback.timer"])
def test_only_a_counted_boot_is_rebooted(name: str) -> None:
    text = (UNITS / name).read_text()
    assert re.search(rf"^ConditionPathExists=/sys/firmware/efi/efivars/{COUNT_VARIABLE}$", text, re.MULTILINE)
