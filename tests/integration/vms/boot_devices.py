"""Runs inside the machine: what the firmware of a VM tries, in which order, and what it does not start."""

import msgspec

from node.api.messages.vms import (
    BootDevice,
    DiskBus,
    Firmware,
    VmState,
)
from tests.integration.vms.real_node import MIB, SHARED, Node, disk, nic, run_case, vm

HD, CDROM, NETWORK = BootDevice.HD, BootDevice.CDROM, BootDevice.NETWORK


async def an_i440fx_boots_from_ide(node: Node) -> None:
    spec = vm(machine="pc", disks=(disk(node.image(SHARED / "tiny.qcow2"), bus=DiskBus.IDE),))
    assert await node.start(spec) is VmState.UP
    await node.expect_on_console(spec, "Booting from Hard Disk", "trivet-tiny: ready")
    await node.end(spec)


async def devices_are_tried_in_their_order(node: Node) -> None:
    boots = (disk(node.image(SHARED / "tiny.qcow2")), disk(node.image(), boot=False))
    spec = vm(disks=boots, nics=(nic(),), boot_devices=(CDROM, NETWORK, HD))
    await node.start(spec)
    await node.expect_on_console(spec, "Booting from DVD/CD", "iPXE", "Booting from Hard Disk", "trivet-tiny: booted")
    await node.end(spec)
    spec = vm(disks=boots, nics=(nic(),), boot_devices=(HD, NETWORK))
    await node.start(spec)
    said = await node.expect_on_console(spec, "Booting from Hard Disk", "trivet-tiny: booted")
    assert "DVD/CD" not in said
    assert "net0" not in said  # iPXE's name for a NIC that it tries
    await node.end(spec)


async def what_is_not_named_is_not_tried(node: Node) -> None:
    spec = vm(disks=(disk(node.image(SHARED / "tiny.qcow2")),), nics=(nic(),), boot_devices=(NETWORK,))
    await node.start(spec)
    said = await node.expect_on_console(spec, "iPXE", "No bootable device")
    assert "Hard Disk" not in said
    await node.end(spec)


async def the_boot_menu_is_offered(node: Node) -> None:
    with_menu = vm(disks=(disk(node.image(SHARED / "tiny.qcow2")),), boot_menu=True)
    await node.start(with_menu)
    await node.expect_on_console(with_menu, "Press ESC for boot menu")
    await node.end(with_menu)


async def secure_boot_starts_nothing_that_is_not_signed(node: Node) -> None:
    for firmware, words in ((Firmware.UEFI, "EFI stub"), (Firmware.UEFI_SECURE_BOOT, "Access Denied")):
        room = {"cpus_max": 16, "memory_max_bytes": 4096 * MIB}  # as the engine asks for it
        spec = vm(disks=(disk(node.image(SHARED / "efi.img")),), firmware=firmware, **room)
        await node.start(spec)
        said = await node.expect_on_console(spec, words)
        assert ("EFI stub" in said) is (firmware is Firmware.UEFI)
        await node.end(spec)


async def secure_boot_holds_for_a_vm_that_ran_without_it(node: Node) -> None:
    spec = vm(disks=(disk(node.image(SHARED / "efi.img")),), firmware=Firmware.UEFI)
    await node.start(spec)
    await node.expect_on_console(spec, "EFI stub")
    await node.vms.destroy_vm(spec.id)
    spec = msgspec.structs.replace(spec, firmware=Firmware.UEFI_SECURE_BOOT)
    await node.start(spec)
    await node.expect_on_console(spec, "Access Denied")
    await node.end(spec)


if __name__ == "__main__":
    run_case(
        an_i440fx_boots_from_ide,
        devices_are_tried_in_their_order,
        what_is_not_named_is_not_tried,
        the_boot_menu_is_offered,
        secure_boot_starts_nothing_that_is_not_signed,
        secure_boot_holds_for_a_vm_that_ran_without_it,
    )
