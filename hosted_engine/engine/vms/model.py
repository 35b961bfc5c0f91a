"""A VM: what it is made of and what is known of its run."""

from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Annotated, Any

from hosted_engine.engine.entity.field import MIB, Field, OnRemove, Reference, Settable, Shape, Structure, name_rule
from hosted_engine.engine.vms.initialization.checks import good_members
from hosted_engine.engine.vms.initialization.model import Initialization
from hosted_engine.engine.vms.rules import (
    DISPLAY_TYPES,
    known_display,
    known_machine,
    known_time_zone,
    plain_word,
    whole_mib,
)
from node.api.messages.images import ImageRef
from node.api.messages.vms import DownReason, Firmware

BLANK_MEMORY_BYTES = 1 << 30
MAX_MEMORY_BYTES = 4 << 40
MAX_CPUS = 512


class VmStatus(StrEnum):
    """oVirt's vocabulary. UNKNOWN: nobody knows whether it runs, because its node is silent."""

    DOWN = "down"
    IMAGE_LOCKED = "image_locked"
    MIGRATING = "migrating"
    NOT_RESPONDING = "not_responding"
    PAUSED = "paused"
    POWERING_DOWN = "powering_down"
    POWERING_UP = "powering_up"
    REBOOT_IN_PROGRESS = "reboot_in_progress"
    RESTORING_STATE = "restoring_state"
    SAVING_STATE = "saving_state"
    SUSPENDED = "suspended"
    UNASSIGNED = "unassigned"
    UNKNOWN = "unknown"
    UP = "up"
    WAIT_FOR_LAUNCH = "wait_for_launch"


_ALIASES = (("migrating_from", "migrating"), ("migrating_to", "migrating"))  # oVirt knows both ends


class VmType(StrEnum):
    DESKTOP = "desktop"
    SERVER = "server"
    HIGH_PERFORMANCE = "high_performance"


class BiosType(StrEnum):
    CLUSTER_DEFAULT = "cluster_default"
    I440FX_SEA_BIOS = "i440fx_sea_bios"
    Q35_SEA_BIOS = "q35_sea_bios"
    Q35_OVMF = "q35_ovmf"
    Q35_SECURE_BOOT = "q35_secure_boot"

    @property
    def firmware(self) -> Firmware:
        match self:
            case BiosType.Q35_OVMF:
                return Firmware.UEFI
            case BiosType.Q35_SECURE_BOOT:
                return Firmware.UEFI_SECURE_BOOT
            case _:
                return Firmware.BIOS

    @property
    def machine(self) -> str:
        return "pc" if self is BiosType.I440FX_SEA_BIOS else "q35"


class SerialNumberPolicy(StrEnum):
    """What the guest finds as its machine's serial number: nothing, the VM's id, or `serial_number`; what a VM does not
    say its cluster does."""

    NONE = "none"
    VM = "vm"
    CUSTOM = "custom"


class Affinity(StrEnum):
    """oVirt's word for whether a VM may leave its host. USER_MIGRATABLE: only when somebody asks for it."""

    MIGRATABLE = "migratable"
    USER_MIGRATABLE = "user_migratable"
    PINNED = "pinned"


class Origin(StrEnum):
    OVIRT = "ovirt"
    MANAGED_HOSTED_ENGINE = "managed_hosted_engine"  # the engine's own VM; the engine keeps its hands off it


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """What a VM takes from its instance type where it has one, and else from its template."""

    id: str
    memory_bytes: Annotated[
        int, Field("memory", search="memory", unit=MIB, least=MIB, most=MAX_MEMORY_BYTES, rule=whole_mib)
    ] = BLANK_MEMORY_BYTES
    memory_guaranteed_bytes: Annotated[
        int, Field("memory_policy.guaranteed", search="guaranteed_memory", unit=MIB, least=MIB, rule=whole_mib)
    ] = BLANK_MEMORY_BYTES
    memory_max_bytes: Annotated[int, Field("memory_policy.max", least=MIB, rule=whole_mib)] = 4 * BLANK_MEMORY_BYTES
    sockets: Annotated[int, Field("cpu.topology.sockets", least=1, most=MAX_CPUS)] = 1
    cores: Annotated[int, Field("cpu.topology.cores", least=1, most=MAX_CPUS)] = 1
    threads: Annotated[int, Field("cpu.topology.threads", least=1, most=8)] = 1
    ballooning: Annotated[bool, Field("memory_policy.ballooning")] = True
    io_threads: Annotated[int, Field("io.threads", least=0, most=127)] = 0
    usb: Annotated[bool, Field("usb.enabled")] = False
    virtio_scsi: Annotated[bool, Field("virtio_scsi.enabled")] = True
    multi_queues: Annotated[bool, Field("multi_queues_enabled")] = True
    scsi_queues: Annotated[int, Field("virtio_scsi_multi_queues", least=-1, most=128)] = 0
    boot_devices: Annotated[tuple[str, ...], Field("os.boot.devices")] = ("hd",)
    display_type: Annotated[str | None, Field("display.type", choices=DISPLAY_TYPES, rule=known_display)] = "vnc"
    high_availability: Annotated[bool, Field("high_availability.enabled", live=True)] = False
    high_availability_priority: Annotated[int, Field("high_availability.priority", least=0, most=100, live=True)] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class VmBase(Hardware):
    """What VMs have, and templates hand on to them. `cd_disk_id` is the disc with which it starts."""

    name: Annotated[str, Field("name", search="name", length=64, rule=name_rule(), live=True)]
    description: Annotated[str, Field("description", search="description", length=255, live=True)] = ""
    comment: Annotated[str, Field("comment", search="comment", length=4000, live=True)] = ""
    type: Annotated[VmType, Field("type", search="type", live=True)] = VmType.SERVER
    os_type: Annotated[str, Field("os.type", search="os", length=255)] = "other"
    bios_type: Annotated[BiosType, Field("bios.type", search="bios_type")] = BiosType.CLUSTER_DEFAULT
    origin: Annotated[Origin, Field("origin", settable=Settable.NEVER)] = Origin.OVIRT
    cd_disk_id: Annotated[str | None, Reference(to="disks", strict=False, live=True)] = None
    delete_protected: Annotated[bool, Field("delete_protected", live=True)] = False
    stateless: Annotated[bool, Field("stateless")] = False
    start_paused: Annotated[bool, Field("start_paused")] = False
    boot_menu: Annotated[bool, Field("bios.boot_menu.enabled")] = False
    custom_machine: Annotated[
        str, Field("custom_emulated_machine", search="custom_emulated_machine", rule=known_machine, shape=Shape.TEXT)
    ] = ""
    custom_cpu: Annotated[
        str, Field("custom_cpu_model", search="custom_cpu_type", length=255, rule=plain_word, shape=Shape.TEXT)
    ] = ""
    serial_number_policy: Annotated[SerialNumberPolicy | None, Field("serial_number.policy")] = None
    serial_number: Annotated[str, Field("serial_number.value", length=255, shape=Shape.TEXT)] = ""
    time_zone: Annotated[str, Field("time_zone.name", length=40, rule=known_time_zone)] = "Etc/GMT"
    initialization: Annotated[
        Initialization | None, Structure("initialization", of=Initialization, rule=good_members, live=True)
    ] = None
    created_at: Annotated[
        float, Field("creation_time", settable=Settable.NEVER, search="creationdate", shape=Shape.DATE)
    ] = 0.0


HANDED_ON = tuple(f.name for f in fields(VmBase) if f.name not in ("id", "name", "comment", "origin", "created_at"))
"""From a template to its VMs, from a VM to its template and its clones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vm(VmBase):
    """`node_id` is where it runs, starts or was last known to run while that is not settled; None when down.
    `stop_reason` says why it went down last, `stop_note` what was said of it by who stopped it. `reported_at` is since
    when, by that node's clock, the last report holds: older ones are stale. `host_ids` are the only hosts that it may
    run on, where there are any. `original_template_id` is what it was copied from: its disks stand on nothing of that,
    its `template_id` is that of Blank then. `next_run` holds the fields that change when it is down next, as JSON has
    them. `display_address` and `display_port` are where its screen is seen while it runs, if it has one, and
    `current_cd_disk_id` is what is in its drive then. `saved_memory` is what it was suspended with. `run_once`: its run
    has settings that count for it alone. `initialized`: a guest of it has been told its `initialization`."""

    cluster_id: Annotated[str, Reference("cluster", settable=Settable.ON_ADD, search="cluster", to="clusters")]
    template_id: Annotated[str, Reference("template", settable=Settable.ON_ADD, to="templates")]
    original_template_id: Annotated[str | None, Reference(to="templates", on_remove=OnRemove.CLEAR)] = None
    instance_type_id: Annotated[
        str | None, Reference("instance_type", to="instance_types", on_remove=OnRemove.CLEAR, live=True)
    ] = None
    status: Annotated[VmStatus, Field("status", settable=Settable.NEVER, search="status", aliases=_ALIASES)] = (
        VmStatus.DOWN
    )
    detail: Annotated[str, Field("status_detail", settable=Settable.NEVER, shape=Shape.TEXT)] = ""
    node_id: Annotated[str | None, Reference("host", settable=Settable.NEVER, to="nodes")] = None
    run_once: Annotated[bool, Field("run_once", settable=Settable.NEVER)] = False
    initialized: bool = False
    started_at: Annotated[float | None, Field("start_time", settable=Settable.NEVER, shape=Shape.DATE)] = None
    affinity: Annotated[Affinity, Field("placement_policy.affinity", live=True)] = Affinity.MIGRATABLE
    host_ids: Annotated[
        tuple[str, ...],
        Reference("placement_policy.hosts", to="nodes", strict=False, live=True, on_remove=OnRemove.REFUSE),
    ] = ()
    vm_pool_id: Annotated[str | None, Reference("vm_pool", settable=Settable.NEVER, search="pool", to="vm_pools")] = (
        None
    )
    next_run: dict[str, Any] = field(default_factory=dict)
    stopped_at: Annotated[float | None, Field("stop_time", settable=Settable.NEVER, shape=Shape.DATE)] = None
    stop_note: Annotated[str, Field("stop_reason", settable=Settable.NEVER, shape=Shape.TEXT)] = ""
    stop_reason: DownReason = DownReason.NONE
    reported_at: float = 0.0
    current_cd_disk_id: str | None = None
    saved_memory: ImageRef | None = None
    display_address: Annotated[str, Field("display.address", settable=Settable.NEVER, shape=Shape.TEXT)] = ""
    display_port: Annotated[int | None, Field("display.port", settable=Settable.NEVER)] = None


RUNNING = frozenset(
    {
        VmStatus.MIGRATING,
        VmStatus.NOT_RESPONDING,
        VmStatus.PAUSED,
        VmStatus.POWERING_DOWN,
        VmStatus.POWERING_UP,
        VmStatus.REBOOT_IN_PROGRESS,
        VmStatus.RESTORING_STATE,
        VmStatus.SAVING_STATE,
        VmStatus.UNKNOWN,
        VmStatus.UP,
        VmStatus.WAIT_FOR_LAUNCH,
    }
)  # a node is charged with its memory; UNKNOWN counts, it may well run

LAUNCHING = frozenset({VmStatus.WAIT_FOR_LAUNCH, VmStatus.RESTORING_STATE})  # the command that starts it decides
