"""The files that make an image one node."""

import re
from pathlib import Path

import msgspec
import pytest

from installer.answers import Role, RoleAnswers
from installer.once import id_of_answers
from installer.plan import InstallPlan, plan
from installer.steps.boot import entries_of
from installer.steps.first_boot import JOIN_REQUEST, NoRoot, TargetFile, first_boot_files, with_password
from installer.steps.records import Installation, write_records
from node.registration.join_files import JoinRequest
from tests.unit.installer.given import ID, SHADOW, answers, disk, sysinfo


def planned(**changes: object) -> InstallPlan:
    return plan(answers(**changes), sysinfo(disk("SYS"), disk("BRICK")), ID)


def files(made: InstallPlan) -> dict[str, TargetFile]:
    return {file.path: file for file in first_boot_files(made, shadow=SHADOW, day=20787)}


def test_only_root_gets_a_password() -> None:
    assert with_password(SHADOW, "$y$hash", 20787) == "root:$y$hash:20787:0:99999:7:::\ndaemon:*:20000:0:99999:7:::\n"


def test_without_a_password_root_stays_locked() -> None:
    assert with_password(SHADOW, None, 20787) == SHADOW


def test_an_image_without_root_is_said() -> None:
    with pytest.raises(NoRoot):
        with_password("daemon:*:20000:0:99999:7:::\n", "$y$hash", 20787)


def test_machine_id_is_32_digits_and_stays_the_same() -> None:
    (first, second) = (files(planned())["etc/machine-id"] for _ in range(2))
    assert first == second
    assert len(first.content.strip()) == 32
    assert int(first.content, 16)


def test_without_keys_sshd_is_not_enabled() -> None:
    machine = msgspec.structs.replace(answers().machine, ssh_keys=())
    assert not any("ssh" in path for path in files(planned(machine=machine)))


JOINING = RoleAnswers(
    kind=Role.JOIN,
    engine="engine.example.org",
    fingerprint="lusab-babad-gutih-tugad",
    join_code="ABCD-EFGH-JKLM-NPQR-STUV",
)


def test_a_node_that_is_to_join_finds_its_engine_at_its_first_start() -> None:
    made = files(planned(role=JOINING))[JOIN_REQUEST]
    request = msgspec.json.decode(made.content, type=JoinRequest)
    assert request == JoinRequest(
        engine="engine.example.org", fingerprint="lusab-babad-gutih-tugad", join_code="ABCD-EFGH-JKLM-NPQR-STUV"
    )
    assert made.mode == 0o600


@pytest.mark.parametrize("role", [
    RoleAnswers(), RoleAnswers(kind=Role.FIRST), RoleAnswers(kind=Role.JOIN, engine="engine.example.org"),
])  # fmt: skip
def test_no_engine_is_asked_whose_words_nobody_has_said(role: RoleAnswers) -> None:
    assert JOIN_REQUEST not in files(planned(role=role))


def test_the_join_code_stands_in_no_other_file_and_in_no_line_of_the_review(tmp_path: Path) -> None:
    made = planned(role=JOINING)
    assert JOINING.join_code
    assert JOINING.engine
    assert all(JOINING.join_code not in file.content for path, file in files(made).items() if path != JOIN_REQUEST)
    assert all(JOINING.join_code not in line for line in made.lines)
    assert any("with a join code" in line for line in made.lines)
    write_records(tmp_path, Installation(id="a", version="1", disks=("S",)), made.answers)
    assert all(JOINING.join_code not in path.read_text() for path in tmp_path.rglob("*.json"))
    assert JOINING.engine in (tmp_path / "install/answers.json").read_text()


def test_another_join_code_makes_no_other_installation() -> None:
    this = sysinfo(disk("SYS"))
    other = msgspec.structs.replace(JOINING, join_code="QQQQ-EFGH-JKLM-NPQR-STUV")
    assert id_of_answers(answers(role=JOINING), this) == id_of_answers(answers(role=other), this)
    assert id_of_answers(answers(role=JOINING), this) != id_of_answers(answers(), this)


def test_without_time_servers_the_image_decides() -> None:
    machine = msgspec.structs.replace(answers().machine, ntp=())
    assert not any("timesyncd" in path for path in files(planned(machine=machine)))


def test_only_this_installation_s_volume_groups_wake_up() -> None:
    assert 'auto_activation_volume_list = [ "trivet-8d6f0b0a-1" ]' in files(planned())["etc/lvm/lvmlocal.conf"].content


def test_a_missing_brick_does_not_stop_the_boot() -> None:
    made = files(planned())
    unit = made["etc/systemd/system/bricks-data.mount"].content
    uuid = re.search(r"by-uuid/(\S+)", unit)[1]  # type: ignore[index]
    (wanting,) = (path for path in made if path.endswith(".device.wants/bricks-data.mount"))
    escaped = uuid.replace("-", "\\x2d")
    assert wanting == f"etc/systemd/system/dev-disk-by\\x2duuid-{escaped}.device.wants/bricks-data.mount"
    assert "Options=noatime,nofail\n" in unit
    assert "Before=glusterd.service\n" in unit


def test_secrets_are_for_root_alone() -> None:
    modes = {path: file.mode for path, file in files(planned()).items()}
    assert modes["etc/NetworkManager/system-connections/trivet-enp1s0.nmconnection"] == 0o600
    assert modes["etc/shadow"] == 0o640


EFIBOOTMGR = """\
BootCurrent: 0003
Timeout: 0 seconds
BootOrder: 0004,0003,0000
Boot0000* UiApp\tFvVol(7cb8bdc9-f8eb-4f34-aaea-3ee4af6516a1)/FvFile(462caa21-7614-4503-836e-8ab6f4662331)
Boot0004* Trivet\tHD(1,GPT,3cb9c0aa-d2c2-5e0f-a6a6-5e5a5e2d3b44,0x800,0x200000)/\\EFI\\systemd\\systemd-bootx64.efi
      dp: 04 01 2a 00 01 00 00 00 / 7f ff 04 00
Boot0005* Trivet\tHD(1,GPT,11111111-d2c2-5e0f-a6a6-5e5a5e2d3b44,0x800,0x200000)/\\EFI\\systemd\\systemd-bootx64.efi
Boot0006* Trivet old\tHD(1,GPT,3cb9c0aa-d2c2-5e0f-a6a6-5e5a5e2d3b44,0x800,0x200000)/x
"""


def test_only_our_own_boot_entry_for_that_partition_is_replaced() -> None:
    assert entries_of(EFIBOOTMGR, "3CB9C0AA-D2C2-5E0F-A6A6-5E5A5E2D3B44") == ("0004",)
