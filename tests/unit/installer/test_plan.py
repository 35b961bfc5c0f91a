"""What is planned for which machine, and what is refused by name before anything is written."""

from ipaddress import IPv4Address

import msgspec
import pytest

from installer.answers import DiskAnswers, NetworkAnswers
from installer.disk_layout import GIB, STATE, SYSTEM_DISK_WITH_BRICK, sfdisk_script, system_table
from installer.plan import InstallPlan, plan
from installer.reasons import DoesNotFit
from installer.sysinfo import Content, Disk, Nic, Signature, SysInfo
from tests.unit.installer.given import ID, VERSION, answers, disk, sysinfo

SYSTEM, BRICK = disk("SYS"), disk("BRICK")


def dirty(serial: str, signature: Signature = Signature.LVM, **changes: object) -> Disk:
    content = Content(signature=signature, place=f"{serial.lower()}1", description="LVM volume group vg0")
    return disk(serial, contents=(content,), **changes)


def choosing(system: str = 'serial == "SYS"', *bricks: str, wipe: tuple[str, ...] = ()) -> DiskAnswers:
    return DiskAnswers(system=system, bricks=bricks or ('serial == "BRICK"',), wipe=wipe)


def planned(*disks: Disk, taken: tuple[str, ...] = (), **changes: object) -> InstallPlan:
    return plan(answers(**changes), sysinfo(*disks), ID, taken=taken)


def reasons(*disks: Disk, **changes: object) -> list[str]:
    with pytest.raises(DoesNotFit) as refused:
        plan(answers(**changes), sysinfo(*disks), ID)
    return [str(reason) for reason in refused.value.reasons]


def test_a_plan_says_what_is_done_in_plain_words() -> None:
    made = planned(SYSTEM, BRICK)
    assert made.lines == (
        f"Trivet {VERSION} on sys (QEMU HARDDISK, 21.5 GB, serial SYS): start partition, two places for systems, data",
        "Brick /bricks/data: all of brick (QEMU HARDDISK, 21.5 GB, serial BRICK) (LVM thin, XFS)",
        "Network: enp1s0 (52:54:00:00:00:01)",
        "IPv4: 192.0.2.11/24, gateway 192.0.2.1",
        "Host name: node1.example.org",
        "Sign in as root at the console by password and by SSH with 1 key",
        "Time from 192.0.2.123",
        "Afterwards: nothing; the console waits for what you choose",
    )
    assert [step.key for step in made.steps] == [
        *("partition", "write", "verify", "brick-1", "configure", "identity", "images", "boot")
    ]
    assert [losing.serial for losing in made.losing] == ["SYS", "BRICK"]
    assert made.disks == (SYSTEM, BRICK)


def test_without_brick_disks_the_system_disk_has_the_brick() -> None:
    large = disk("SYS", size_bytes=SYSTEM_DISK_WITH_BRICK)
    made = planned(large, disks=DiskAnswers(system='serial == "SYS"'))
    assert made.disks == (large,)
    (brick,) = made.bricks
    assert (brick.disk, brick.partition, brick.mount) == (large, 5, "/bricks/data")
    assert made.table.partition(STATE).size_bytes == 24 * GIB


def test_several_brick_disks_each_have_a_place_of_their_own() -> None:
    made = planned(SYSTEM, BRICK, disk("B2"), disks=choosing('serial == "SYS"', 'serial != "SYS"'))
    assert [brick.mount for brick in made.bricks] == ["/bricks/data", "/bricks/data2"]


REFUSED = [
    ([], choosing(), "no disk of this machine matches. It has no disk at all"),
    ([SYSTEM, BRICK], choosing('serial == "OTHER"'), "no disk of this machine matches. It has sys ("),
    ([SYSTEM, BRICK], choosing("size > 1G"), "Cannot choose the system disk: size > 1G matches 2 disks: sys ("),
    ([SYSTEM, BRICK], choosing("size >"), "Cannot choose disks by 'size >': at character"),
    ([disk("SYS", size_bytes=15 * GIB), BRICK], choosing(), "it is smaller than 16 GiB (17.2 GB)"),
    ([SYSTEM, disk("BRICK", size_bytes=GIB)], choosing(), "it is smaller than 8 GiB (8.6 GB)"),
    ([SYSTEM], DiskAnswers(system='serial == "SYS"'), "it has no room for a brick: that takes 69 GiB (74.1 GB)"),
    ([SYSTEM], choosing('serial == "SYS"', "size > 1G"), "Cannot take sys (QEMU HARDDISK, 21.5 GB, serial SYS) for a"),
    ([disk("SYS", medium=True), BRICK], choosing(), "this installer was started from it"),
    ([disk("SYS", read_only=True), BRICK], choosing(), "it is read-only"),
    (
        [dirty("SYS"), BRICK],
        choosing(),
        'it is not empty: sys1: LVM volume group vg0. If all of that may be lost, add "S',
    ),
    ([SYSTEM, dirty("BRICK")], choosing(wipe=("SYS",)), 'add "BRICK" to wipe'),
    ([dirty("SYS", Signature.MOUNTED), BRICK], choosing(wipe=("SYS",)), "something on it is mounted"),
    ([dirty("SYS", Signature.UNREADABLE), BRICK], choosing(wipe=("SYS",)), "it cannot be read"),
    ([disk("SYS", wwn="0x5"), disk("BRICK", wwn="0x5")], choosing(), "they are two paths to one disk"),
]


@pytest.mark.parametrize(("disks", "chosen", "expected"), REFUSED)
def test_disks_that_cannot_be_taken_are_refused_by_name(disks: list[Disk], chosen: DiskAnswers, expected: str) -> None:
    found = reasons(*disks, disks=chosen)
    assert any(expected in reason for reason in found), found


def test_a_disk_may_be_released_by_serial_number_by_wwn_and_without_both_by_path() -> None:
    for name, changed in (
        ("SYS", dirty("SYS")),
        ("0x5", dirty("SYS", wwn="0x5")),
        ("/dev/sys", msgspec.structs.replace(dirty("SYS"), serial="")),
    ):
        made = planned(changed, BRICK, disks=choosing('name == "sys"', wipe=(name,)))
        assert made.losing[0].content == "sys1: LVM volume group vg0"


def test_a_path_releases_no_disk_that_has_a_serial_number() -> None:
    assert reasons(dirty("SYS"), BRICK, disks=choosing(wipe=("/dev/sys",)))


def test_the_medium_is_no_choice_where_another_disk_matches_too() -> None:
    medium = disk("USB", medium=True)
    made = planned(SYSTEM, BRICK, medium, disks=choosing('serial != "BRICK"'))
    assert made.system == SYSTEM


def test_what_an_interrupted_run_of_the_same_installation_wrote_is_no_reason_against_it() -> None:
    made = planned(dirty("SYS"), BRICK, taken=("/dev/sys",))
    assert [losing.serial for losing in made.losing] == ["BRICK"]


def test_all_reasons_are_said_at_once() -> None:
    found = reasons(dirty("SYS"), network=NetworkAnswers(nics=("52:54:00:00:00:99", "eth9")))
    assert [reason.partition(":")[0] for reason in found] == [
        "Cannot choose disks by 'serial == \"BRICK\"'",
        "Cannot use sys (QEMU HARDDISK, 21.5 GB, serial SYS)",
        "Cannot use the NIC 52",
        "Cannot use the NIC eth9",
    ]


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        (
            NetworkAnswers(nics=("52:54:00:00:00:99",)),
            "none of that MAC address or name. It has enp1s0 (52:54:00:00:00:01)",
        ),
        (NetworkAnswers(nics=("enp1s0", "52:54:00:00:00:01")), "it is named twice"),
        (NetworkAnswers(nics=("enp1s0",), dns=(IPv4Address("192.0.2.53"),), vlan=5000), "network.vlan"),
    ],
)
def test_networks_that_cannot_be_are_refused(network: NetworkAnswers, expected: str) -> None:
    found = reasons(SYSTEM, BRICK, network=network)
    assert any(expected in reason for reason in found), found


def test_nics_with_one_mac_address_are_told_apart_by_name_only() -> None:
    nics = tuple(Nic(name=name, mac="52:54:00:00:00:01") for name in ("enp1s0", "enp2s0"))
    machine = SysInfo(version=VERSION, disks=(SYSTEM, BRICK), nics=nics)
    with pytest.raises(DoesNotFit, match="enp1s0 and enp2s0 have the same MAC address"):
        plan(answers(), machine, ID)


def test_legacy_bios_is_refused() -> None:
    machine = msgspec.structs.replace(sysinfo(SYSTEM, BRICK), firmware="bios")
    with pytest.raises(DoesNotFit, match="Turn UEFI on"):
        plan(answers(), machine, ID)


def test_the_partition_table_is_the_same_each_time_it_is_planned() -> None:
    script = sfdisk_script(system_table(ID, VERSION, with_brick=True))
    assert script == sfdisk_script(system_table(ID, VERSION, with_brick=True))
    assert script.splitlines()[:2] == ["label: gpt", f"label-id: {ID.upper()}"]
    assert [line.rpartition("name=")[2] for line in script.splitlines()[2:]] == [
        *('"trivet-esp"', f'"trivet_{VERSION}"', '"_empty"', '"trivet-installing"', '"trivet-brick"')
    ]
