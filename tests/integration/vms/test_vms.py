"""VMs by the node's own code on the real libvirt and QEMU of the node image: what their settings come to."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from images import build
from tests.integration.vms import agent_guest, seed_guest
from tests.integration.vms.machine import Machine

# By the module that runs inside.
CASES = {
    "settings": (
        "every_setting_is_taken_by_libvirt",
        "every_setting_reaches_qemu",
        "the_hardware_clock_shows_the_time_of_its_zone",
        "a_guest_gives_memory_back_as_far_as_it_is_not_guaranteed",
        "a_shared_disk_is_used_by_two_vms_and_no_other_is",
    ),
    "lifecycle": (
        "a_paused_vm_stands_still_until_it_is_resumed",
        "a_guest_boots_again_when_it_is_asked_and_when_its_vm_is_reset",
        "how_a_vm_ended_is_known_to_who_listened_and_to_who_was_away",
        "a_vm_goes_on_from_the_memory_that_it_was_suspended_with",
        "a_start_that_fails_leaves_nothing",
        "what_an_earlier_release_defined_runs_on_and_is_gone_with_its_end",
    ),
    "boot_devices": (
        "an_i440fx_boots_from_ide",
        "devices_are_tried_in_their_order",
        "what_is_not_named_is_not_tried",
        "the_boot_menu_is_offered",
        "secure_boot_starts_nothing_that_is_not_signed",
        "secure_boot_holds_for_a_vm_that_ran_without_it",
    ),
    "cdroms": (
        "a_disc_boots_is_changed_while_the_vm_runs_and_taken_out",
        "a_guest_reads_its_seed_for_one_run_alone",
        "a_seed_is_taken_out_before_its_vm_is_suspended",
    ),
    "images": (
        "images_of_a_vm_that_is_down_are_merged_from_the_middle",
        "images_of_a_vm_that_runs_are_merged_from_the_middle_while_it_writes",
    ),
    "memory": ("a_vm_goes_on_from_the_memory_of_a_snapshot_as_often_as_it_is_asked_to",),
    "consoles": (
        "a_screen_is_seen_with_its_ticket_alone",
        "a_ticket_is_over_in_time",
        "a_client_of_another_site_trusts_nobody_here",
        "keys_reach_the_guest",
        "a_ticket_is_in_no_log_and_on_no_command_line",
        "a_vm_without_a_screen_has_no_graphics_device",
    ),
    "guests": (
        "an_agent_is_heard_within_seconds_and_forgotten_when_it_ends",
        "a_guest_shuts_down_by_its_agent_first",
        "an_agent_that_hangs_delays_nobody_and_the_power_button_is_pressed",
        "file_systems_are_frozen_and_thawed",
        "the_clock_of_a_guest_is_right_after_it_stood_still",
        "a_vm_whose_storage_is_full_says_so_and_goes_on_when_there_is_room",
    ),
    "hotplug": (
        "disks_come_and_go",
        "nics_come_and_go",
        "a_nic_changes_its_network_and_its_link",
        "a_guest_that_does_not_let_go_keeps_its_disk",
        "a_disk_that_another_vm_writes_to_is_not_plugged",
        "processors_and_memory_come_and_processors_go",
    ),
}
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="makes namespaces and mounts")


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    tree, folder = build.build_node(build.DEFAULT_STORE, print), tempfile.mkdtemp(prefix="trivet-vms-", dir="/var/tmp")
    made = Machine(tree, Path(folder))
    try:
        (made.shared / "tiny.qcow2").write_bytes(build.build_tiny(build.DEFAULT_STORE, print).read_bytes())
        _make_efi_disk(made.shared / "efi.img")
        seed_guest.make(made.shared / "seed.img")
        agent_guest.make(made.shared / "agent.img")
        agent_guest.make_data(made.shared / "agent-data.img")
        made.wait()
        yield made
    finally:
        made.remove()


def _make_efi_disk(path: Path) -> None:
    """Its boot loader is a kernel that no key of the firmware has signed."""
    vmlinuz, _ = build.tiny_kernel(build.DEFAULT_STORE, print)
    for argv in (
        ("mkfs.fat", "-C", path, "32768"),
        ("mmd", "-i", path, "::EFI", "::EFI/BOOT"),
        ("mcopy", "-i", path, vmlinuz, "::EFI/BOOT/BOOTX64.EFI"),
    ):
        subprocess.run(argv, check=True, stdout=subprocess.PIPE)


@pytest.mark.parametrize(("module", "case"), [(module, case) for module, cases in CASES.items() for case in cases])
def test_vms(machine: Machine, module: str, case: str) -> None:
    print(machine.run(f"tests.integration.vms.{module}", case))
