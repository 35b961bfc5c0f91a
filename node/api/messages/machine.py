"""What the machine of a node has, and one reading of how it does."""

from enum import StrEnum

from node.api.messages.base import Message


class Accelerator(StrEnum):
    KVM = "kvm"
    TCG = "tcg"


class Nic(Message, frozen=True, kw_only=True):
    name: str
    mac: str
    up: bool
    speed_mbps: int | None = None


class Capabilities(Message, frozen=True, kw_only=True):
    """`machine_id` is that of machine-id(5), `hardware_uuid` and `serial_number` are those of the firmware; empty where
    nobody knows. `waiting_version` is written on the system disk and started by the next boot; empty without one."""

    node_id: str
    name: str
    version: str
    api_version: int
    os: str
    kernel: str
    libvirt: str
    qemu: str
    gluster: str
    cpu_model: str
    cpu_sockets: int
    cpu_cores: int
    cpu_threads: int
    memory_bytes: int
    accelerator: Accelerator
    nics: tuple[Nic, ...] = ()
    machine_id: str = ""
    hardware_uuid: str = ""
    serial_number: str = ""
    waiting_version: str = ""


class Statistics(Message, frozen=True, kw_only=True):
    """One reading. `boot_id` changes with every boot of the machine."""

    at: float
    boot_id: str
    uptime_s: float
    memory_free_bytes: int
    memory_used_bytes: int
    swap_total_bytes: int
    swap_free_bytes: int
    load_1min: float
    cpu_user_percent: float
    cpu_system_percent: float
    cpu_idle_percent: float
    vms_running: int
