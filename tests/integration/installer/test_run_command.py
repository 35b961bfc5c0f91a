"""`trivet install run` as an operator meets it: what it asks, what it refuses, what it says."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from installer.answers import NetworkAnswers
from installer.disk_layout import GIB
from installer.environment import Check, CheckState
from installer.network_first import NetworkTest
from installer.run_command import make_run
from installer.sysinfo import SysInfo
from netconf.errors import BackendMissing
from node.system.process import run
from tests.integration.installer.bench import Bench, PowerCut, needs_loop_devices, three_disks

pytestmark = needs_loop_devices
ANSWERS = """\
[machine]
host_name = "node1"
password_hash = "$y$j9T$M08BA2B7y5WgRlf5UD70T/$BnE7uwXRqPCNh.rbQbwloXdRV/8EAtrbyPStGuwyLZ0"

[disks]
system = 'serial == "SYS"'
bricks = ['serial == "BRICK"']
wipe = ["SYS"]

[network]
nics = ["52:54:00:00:00:01"]
"""


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Bench]:
    with three_disks(tmp_path) as made:
        made.live.mark.touch()
        yield made


def no_network(answers: NetworkAnswers, sysinfo: SysInfo, report: Callable[[Check], None]) -> None:
    assert [nic.name for nic in sysinfo.nics] == ["enp1s0"]
    raise BackendMissing(reason="it is not installed")


def call(
    there: Bench,
    *options: str,
    typed: str | None = None,
    text: str = ANSWERS,
    network: NetworkTest = no_network,
) -> Result:
    path = there.folder / "answers.toml"
    path.write_text(text)
    return CliRunner().invoke(make_run(lambda: there.machine, network), [str(path), *options], input=typed)


def test_an_unattended_installation(there: Bench) -> None:
    result = call(there, "--yes")
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0].startswith("Trivet 0.1.0")
    assert any(line.startswith("Is written, and is empty: SYS (loop") for line in lines)
    assert "[1/10] Check the medium" in lines
    assert any(line.startswith("[3/10] Write the system image: done in ") for line in lines)
    assert lines[-4].startswith("Installed: Trivet 0.1.0")
    assert [line.split()[0] for line in lines[-3:-1]] == ["Fingerprint", "Claim"]
    assert lines[-1] == "Remove the medium and restart the machine"


def test_the_same_as_json(there: Bench) -> None:
    result = call(there, "--yes", "--json")
    said = [json.loads(line) for line in result.output.splitlines()]
    assert {one["planned"] for one in said if "planned" in one} >= {"partition", "boot"}
    assert next(one["key"] for one in said if one.get("mark") == "done") == "medium"
    assert any("claim_code" in one for one in said)


def test_a_dry_run_writes_nothing_and_runs_anywhere(there: Bench) -> None:
    there.live.mark.unlink()
    before = there.written()
    result = call(there, "--dry-run")
    assert result.exit_code == 0, result.output
    assert "Step 8: Install the boot loader" in result.output
    assert there.written() == before
    assert {command[0] for command in there.tools.commands} <= {"sfdisk"}


def test_without_the_medium_nothing_is_installed(there: Bench) -> None:
    there.live.mark.unlink()
    result = call(there, "--yes")
    assert result.exit_code == 1
    assert "this machine was not started from Trivet's medium" in result.output
    assert there.tools.commands == []


def test_without_a_terminal_and_without_yes_nothing_is_written(there: Bench) -> None:
    before = there.written()
    result = call(there)
    assert result.exit_code == 1
    assert "there is no terminal to ask on" in result.output
    assert there.written() == before


@pytest.mark.parametrize(("typed", "installs"), [("SYS\ny\n", True), ("SYS\nn\n", False), ("OTHER\n", False)])
def test_a_disk_that_is_not_empty_has_to_be_named_again(
    there: Bench, monkeypatch: pytest.MonkeyPatch, typed: str, installs: bool
) -> None:
    run("mkfs.ext4", "-q", there.devices["SYS"])
    before = there.written()
    monkeypatch.setattr("installer.run_command._is_terminal", lambda: True)
    result = call(there, typed=typed)
    assert "Loses its content: SYS (loop" in result.output
    assert (result.exit_code == 0) is installs, result.output
    assert (there.written() == before) is not installs


def test_a_dirty_disk_that_may_not_be_lost_is_refused(there: Bench) -> None:
    run("mkfs.ext4", "-q", there.devices["BRICK"])
    result = call(there, "--yes")
    assert result.exit_code == 1
    assert 'add "BRICK" to wipe; else choose another disk' in result.output
    assert "Traceback" not in result.output


def test_a_machine_that_cannot_be_a_node_is_refused(there: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    small = msgspec.structs.replace(there.system_info(), memory_bytes=GIB)
    monkeypatch.setattr(Bench, "system_info", lambda _: small)
    before = there.written()
    result = call(there, "--yes")
    assert result.exit_code == 1
    assert "Error: Nothing was written: this machine cannot be a node: " in result.output
    assert there.written() == before


def checks(*found: Check) -> NetworkTest:
    def test(answers: NetworkAnswers, sysinfo: SysInfo, report: Callable[[Check], None]) -> None:
        for check in found:
            report(check)

    return test


TAKEN = Check(CheckState.BAD, "192.0.2.11 belongs to another machine already", is_conflict=True)


def test_an_address_that_another_machine_has_stops_it_before_anything_is_written(there: Bench) -> None:
    before = there.written()
    result = call(there, "--yes", network=checks(Check(CheckState.GOOD, "enp1s0 has a link"), TAKEN))
    assert result.exit_code == 1
    assert "enp1s0 has a link\n" in result.output
    assert "Error: Nothing was written: 192.0.2.11 belongs to another machine already. Give" in result.output
    assert there.written() == before
    assert call(there, "--yes", "--no-network-test", network=checks(TAKEN)).exit_code == 0


def test_a_gateway_that_does_not_answer_is_a_warning(there: Bench) -> None:
    result = call(there, "--yes", network=checks(Check(CheckState.BAD, "192.0.2.1 does not answer")))
    assert result.exit_code == 0, result.output
    assert "Warning: 192.0.2.1 does not answer\n" in result.output


def test_a_network_that_cannot_be_tried_is_a_warning(there: Bench) -> None:
    result = call(there, "--yes")
    assert result.exit_code == 0, result.output
    assert "Warning: the network could not be tried: Cannot reach NetworkManager: it is not" in result.output


def test_mistakes_in_the_answers_are_all_said(there: Bench) -> None:
    result = call(there, "--yes", text="[machine]\nhost_name = 3\n")
    assert result.exit_code == 1
    assert "line 2, machine.host_name" in result.output
    assert "disks" in result.output


def test_after_a_power_cut_the_same_command_goes_on(there: Bench) -> None:
    def cut(argv: tuple[str, ...]) -> None:
        if argv[0] == "pvcreate":
            there.tools.before = lambda _: None
            there.cut_power()

    there.tools.before = cut
    with pytest.raises(PowerCut):
        call(there, "--yes")
    there.power_on()
    result = call(there, "--yes")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("Goes on with the installation that was cut off on loop")
    assert "[3/10] Write the system image: done before" in result.output


def test_ctrl_c_stops_at_a_safe_place_and_the_same_command_goes_on(there: Bench) -> None:
    def press(argv: tuple[str, ...]) -> None:
        if argv[0] == "pvcreate":
            there.tools.before = lambda _: None
            os.kill(os.getpid(), signal.SIGINT)

    there.tools.before = press
    result = call(there, "--yes")
    assert result.exit_code == 1
    assert result.output.endswith(
        "Error: The installation was stopped: somebody asked for it. Run it again: it goes on where it stopped.\n"
    )
    assert call(there, "--yes").exit_code == 0


def test_the_same_answers_are_carried_out_once(there: Bench) -> None:
    """A machine whose firmware prefers the medium starts it again and again."""
    clear = ANSWERS.replace("password_hash = ", "# ").replace(
        'host_name = "node1"', 'host_name = "node1"\npassword = "secret words"'
    )
    text = clear.replace('wipe = ["SYS"]', 'wipe = ["SYS", "BRICK"]')
    first = call(there, "--yes", "--once", text=text)
    assert first.exit_code == 0, first.output
    before = there.checksum("SYS")
    second = call(there, "--yes", "--once", text=text)
    assert second.exit_code == 1
    assert "was installed from the same answers before" in second.output
    assert there.checksum("SYS") == before
    other = call(there, "--yes", "--once", text=text.replace("node1", "node2"))
    assert other.exit_code == 0, other.output
