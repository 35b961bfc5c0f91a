"""The page of the disks on machines with many, with old ones, with ones that nobody can use."""

import msgspec

from installer.sysinfo import Content, Disk, Signature, SysInfo
from tests.fakes.installer import GB, MACHINE, FakeEnvironment
from tests.unit.installer.screens.stage import arrive, go_to, golden, installer
from tests.unit.netconf.screens.console import press, text, until


def _dirty(number: int, *descriptions: str) -> Disk:
    contents = tuple(
        Content(signature=Signature.FILE_SYSTEM, place=f"sd{number}p{place}", description=description)
        for place, description in enumerate(descriptions, 1)
    )
    return Disk(
        path=f"/dev/sd{number}",
        size_bytes=2000 * GB,
        serial=f"SER-{number:04}",
        model="A-VERY-LONG-MODEL-NAME-OF-A-DISK-THAT-DOES-NOT-FIT-ANYWHERE",
        transport="sas",
        rotational=True,
        contents=contents,
    )


def _machine(*disks: Disk) -> SysInfo:
    return msgspec.structs.replace(MACHINE, disks=disks)


MANY = _machine(
    *(_dirty(number, "ext4 `data`", "swap", "LVM volume group vg0 (3 logical volumes)") for number in range(24))
)


async def test_many_disks_scroll_and_what_would_be_lost_is_summed_up() -> None:
    async with installer(FakeEnvironment(MANY)) as pilot:
        await go_to(pilot, "disks")
        await press(pilot, "s")
        for _ in range(4):
            await press(pilot, "down", "b")
        await press(pilot, *["down"] * 19)
        assert "> [      ] sd23" in await until(pilot, "sd23 ")
        await golden(pilot, "disks_many", "sd3, sd4")
        await press(pilot, *["up"] * 23)
        await until(pilot, "> [system] sd0")


async def test_space_goes_through_the_uses_that_a_disk_can_have() -> None:
    small = Disk(path="/dev/sdx", size_bytes=9 * GB, serial="SMALL", transport="sata")
    async with installer(FakeEnvironment(_machine(MACHINE.disks[0], small))) as pilot:
        await go_to(pilot, "disks")
        await press(pilot, "space")
        await until(pilot, "[brick ] sda")
        await press(pilot, "space", "space")
        await until(pilot, "[system] sda")
        await press(pilot, "down", "space")
        await until(pilot, "[brick ] sdx")
        await press(pilot, "s")
        await until(pilot, "! sdx: it is smaller than")
        assert "[brick ] sdx" in text(pilot.app)


async def test_what_speaks_against_a_choice_stands_there_before_enter() -> None:
    small = Disk(path="/dev/sdx", size_bytes=32 * GB, serial="S32", transport="sata")
    async with installer(FakeEnvironment(_machine(small))) as pilot:
        await go_to(pilot, "disks")
        await golden(pilot, "disks_no_room", "no brick disk is chosen")
        await press(pilot, "enter")
        await arrive(pilot, "disks")


async def test_a_disk_that_cannot_be_read_or_is_mounted_is_of_no_use() -> None:
    broken = _dirty(1)
    broken = msgspec.structs.replace(
        broken, contents=(Content(signature=Signature.UNREADABLE, place="sd1", description="Input/output error"),)
    )
    async with installer(FakeEnvironment(_machine(MACHINE.disks[0], broken))) as pilot:
        await go_to(pilot, "disks")
        await press(pilot, "down", "space")
        await until(pilot, "! sd1: it cannot be read: Input/output error")
        assert "[      ] sd1" in text(pilot.app)
