import json
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result

from node.config import Config
from node.upgrade.boot_count import COUNT_VARIABLE
from node.upgrade.command import make_group
from node.upgrade.node_versions import NodeVersions
from node.upgrade.records import Finding, Records
from node.upgrade.run import lock_upgrades
from tests.fakes.clock import FakeClock
from tests.fakes.pool import whole_pool
from tests.unit.node.upgrade.machine import NEW, OLD, RUNNING, Machine, content, write_medium
from tests.unit.node.upgrade.test_boot_count import count
from tests.unit.node.upgrade.test_fetch import URL, Server


class Node(Machine):
    """A machine with the commands that are not about its disk; `vms` run on it, `why` is what ails it."""

    vms = ""
    why = ""
    reboots = 0
    boots = 0
    web: Server | None = None

    def run(self, *argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        match argv:
            case ("virsh", *_):
                return self.vms
            case ("systemctl", "reboot"):
                self.reboots += 1
                return ""
            case ("mount", "-t", "iso9660", "-o", "ro,nosuid,nodev,noexec,loop", file, at):
                version = Path(file).read_text()  # an ISO here says what is on it
                write_medium(Path(at) / "trivet", version)
                return ""
        return super().run(*argv, stdin=stdin, timeout_s=timeout_s)

    def switch_on(self) -> str:
        self.boots += 1
        self.places.healthy.unlink(missing_ok=True)
        version = super().switch_on()
        (self.folder / "boot_id").write_text(f"boot-{self.boots}\n")
        (self.places.variables / COUNT_VARIABLE).unlink(missing_ok=True)
        for name in self.kernels:
            if name.startswith(f"trivet_{version}+"):
                count(self, name)
        return version

    def iso(self, version: str = NEW) -> str:
        path = self.folder / f"{version}.iso"
        path.write_text(version)
        return str(path)

    def trivet(self, *arguments: str) -> Result:
        result = CliRunner().invoke(make_group(lambda: whole_pool(), lambda observe: self._versions()), arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    def _versions(self) -> NodeVersions:
        async def observe_health() -> tuple[Finding, ...]:
            return (Finding(what="agent", why=self.why),)

        return NodeVersions(
            Config(state=str(self.folder)),
            self.run,
            FakeClock(),
            observe_pool=whole_pool,
            observe_health=observe_health,
            places=self.places,
            disk=self.disk,
            new_client=lambda: httpx.Client(transport=httpx.MockTransport(self.web)),  # type: ignore[arg-type]
            boot_id=self.folder / "boot_id",
        )


@pytest.fixture
def node(tmp_path: Path) -> Node:
    made = Node(tmp_path / "node", ["trivet-esp", f"trivet_{RUNNING}", f"trivet_{OLD}", "trivet-state"])
    made.switch_on()
    return made


def test_an_upgrade_that_is_good(node: Node) -> None:
    result = node.trivet("upgrade", node.iso())
    assert result.exit_code == 0
    assert "this node reboots now" in result.stdout
    assert node.reboots == 1
    assert f"to {NEW}, 1970-01-12 13:46 UTC, waits for the reboot" in node.trivet("status").stdout
    assert node.switch_on() == NEW
    said = node.trivet("status").stdout
    assert "not proven yet, is started 2 more times at most" in said
    assert "This boot was not looked at, and is counted as a try" in said
    assert node.trivet("health", "--boot", "--within", "300").exit_code == 0
    assert node.places.healthy.exists()
    assert "has proven good" in node.trivet("bless").stdout
    node.switch_on()
    said = node.trivet("status").stdout
    assert f"Trivet {NEW} runs from /dev/vda3: good" in said
    assert "is good" in said.splitlines()[-1]
    assert f"Other slot /dev/vda2: {RUNNING}, good" in said


def test_one_that_is_bad_falls_back_and_says_why(node: Node) -> None:
    node.trivet("upgrade", node.iso())
    node.why = "nobody answers"
    for _ in range(3):
        assert node.switch_on() == NEW
        assert node.trivet("health", "--boot").exit_code == 1
        assert not node.places.healthy.exists()
    assert node.switch_on() == RUNNING
    node.why = ""
    assert node.trivet("health", "--boot").exit_code == 0
    assert node.trivet("status").stdout.endswith("fell back: agent: nobody answers\n")
    found = json.loads(node.trivet("status", "--json").stdout)
    assert found["upgrade"]["state"] == "fell_back"
    assert (found["counted"], found["blessed"], found["next"]) == (False, True, RUNNING)
    assert [one.version for one in Records(node.places.records).boots()] == [NEW, NEW, NEW, RUNNING]


def test_a_dry_run_changes_nothing_and_says_what_goes(node: Node) -> None:
    before = (node.kernels, list(node.labels))
    said = node.trivet("upgrade", node.iso(), "--dry-run").stdout
    assert f"{OLD} goes, so that until {NEW} has proven good there is only {RUNNING}" in said
    assert json.loads(node.trivet("upgrade", node.iso(), "--dry-run", "--json").stdout)["gone"] == OLD
    assert (node.kernels, node.labels, node.reboots) == (*before, 0)


def test_vms_keep_it_from_rebooting(node: Node) -> None:
    node.vms = "engine\nvm1\n"
    asked = node.trivet("upgrade", "--why-not")
    assert asked.exit_code == 1
    assert asked.stdout.startswith(
        "Not now. Against rebooting now:\n- VMs run here and would be shut down: engine, vm1\n"
    )
    result = node.trivet("upgrade", node.iso(), "--json")
    found = json.loads(result.stdout)
    assert found["reboots_now"] is False
    assert found["why_not"] == ["VMs run here and would be shut down: engine, vm1"]
    assert "[7/7] Let the boot loader start" in result.stderr
    assert node.reboots == 0
    node.vms = ""
    asked = node.trivet("upgrade", "--why-not")
    assert (asked.exit_code, asked.stdout) == (0, "Nothing stands against rebooting this node now\n")


def test_no_reboot(node: Node) -> None:
    assert "waits for a reboot of this node" in node.trivet("upgrade", node.iso(), "--no-reboot").stdout
    assert node.reboots == 0


@pytest.mark.parametrize(
    ("version", "message"),
    [(RUNNING, "this is the version that runs"), (OLD, "it is older than"), ("x", "there is no such file")],
)
def test_refused_before_anything_is_changed(node: Node, version: str, message: str) -> None:
    before = (node.kernels, list(node.labels))
    source = node.iso(version) if version != "x" else "/nowhere.iso"
    result = node.trivet("upgrade", source)
    assert result.exit_code == 1
    assert message in result.output
    assert json.loads(node.trivet("upgrade", source, "--json").stdout)["problem"]["changed"] is False
    assert (node.kernels, node.labels) == before


def test_a_second_one_waits_for_the_first(node: Node) -> None:
    with lock_upgrades(node.places.records):
        for arguments in (("upgrade", node.iso()), ("rollback",)):
            assert "another upgrade or rollback is running" in node.trivet(*arguments).output
    node.trivet("upgrade", node.iso())
    assert "is written already and waits for the reboot" in node.trivet("upgrade", node.iso()).output


def test_a_machine_that_is_not_installed(node: Node) -> None:
    node.places.booted.unlink()
    for arguments in (("upgrade", node.iso()), ("rollback",), ("status",)):
        result = node.trivet(*arguments)
        assert (result.exit_code, "has no slots for versions" in result.output) == (1, True)
    assert node.trivet("health").exit_code == 0


def test_nothing_is_given(node: Node) -> None:
    assert node.trivet("upgrade").exit_code == 2


def test_back_and_again_back(node: Node) -> None:
    assert "is marked bad" in node.trivet("rollback", "--dry-run").stdout
    assert node.reboots == 0
    assert f"this node starts {OLD} from now on, and this node reboots now" in node.trivet("rollback").stdout
    assert node.reboots == 1
    assert f"The next boot starts {OLD}" in node.trivet("status").stdout
    assert node.switch_on() == OLD
    result = node.trivet("rollback")
    assert f"{RUNNING} in the other slot is marked bad" in result.output
    assert result.exit_code == 1


def test_an_upgrade_that_waits_is_dropped(node: Node) -> None:
    node.trivet("upgrade", node.iso(), "--no-reboot")
    assert f"{NEW} is dropped before it was started" in node.trivet("rollback").stdout
    assert node.reboots == 0
    assert node.trivet("status").stdout.endswith("was taken back\n")
    assert node.switch_on() == RUNNING


def test_from_an_address(node: Node) -> None:
    node.web = Server()
    node.web.content = NEW.encode()
    assert node.trivet("upgrade", URL).exit_code == 0
    assert node.switch_on() == NEW
    assert list((node.places.records / "download").iterdir()) == []
    assert (node.places.images / "tiny.qcow2").read_bytes() == content(NEW, "tiny")
    assert "only https:// is fetched" in node.trivet("upgrade", URL.replace("https", "http")).output
