"""What counts for one run of a VM alone: it is over with that run, and its next one knows nothing of it."""

from dataclasses import replace
from typing import Any

import msgspec

from hosted_engine.engine.entity.field import Field, Reference, Structure
from hosted_engine.engine.vms.initialization.model import Initialization
from hosted_engine.engine.vms.model import Vm
from hosted_engine.engine.vms.rules import DISPLAY_TYPES
from node.api.messages.vms import BootDevice


class RunOnce(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """By the names of the VM's fields; what is None is as the VM has it."""

    boot_devices: tuple[BootDevice, ...] | None = None
    boot_menu: bool | None = None
    cd_disk_id: str | None = None
    custom_cpu: str | None = None
    custom_machine: str | None = None
    display_type: str | None = None
    os_type: str | None = None
    initialization: Initialization | None = None


INPUTS = {
    "boot_devices": Field("vm.os.boot.devices"),
    "boot_menu": Field("vm.bios.boot_menu.enabled"),
    "cd_disk_id": Reference("vm.cdroms.file", to="disks"),
    "custom_cpu": Field("vm.custom_cpu_model"),
    "custom_machine": Field("vm.custom_emulated_machine"),
    "display_type": Field("vm.display.type", choices=DISPLAY_TYPES),
    "os_type": Field("vm.os.type"),
    "initialization": Structure("vm.initialization", of=Initialization),
}
"""Of the action that starts it."""


def for_this_run(vm: Vm, run_once: RunOnce | None) -> Vm:
    if run_once is None:
        return vm
    said: dict[str, Any] = {name: getattr(run_once, name) for name in run_once.__struct_fields__}
    return replace(vm, **{name: value for name, value in said.items() if value is not None})
