"""From the specification of a VM to libvirt's domain XML; pure."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import PurePosixPath

from node.api.messages.machine import Accelerator
from node.api.messages.vms import Firmware, VmSpec
from node.api.tickets import new_ticket_value
from node.vms.domain_devices import add_devices
from node.vms.elements import add
from node.vms.graphics import NewValue, add_graphics

METADATA = "urn:trivet:vm:1"
TRANSLATED_MIB = 64  # TCG's cache of translated code; its default of a fifth of the memory costs every VM 1 GiB
BOOT_MENU_MS = 30_000  # as long as oVirt's engine lets it wait (LibvirtVmXmlBuilder)
MEMORY_SLOTS = 16  # oVirt's number: so often memory can be plugged into a VM in one run
SEEDS = PurePosixPath("/run/trivet/seeds")
NVRAM = PurePosixPath("/var/lib/libvirt/qemu/nvram")


@dataclass(frozen=True, slots=True)
class DomainPaths:
    """What the node adds to a specification: how it runs guests, and where its files lie."""

    accelerator: Accelerator
    volumes: PurePosixPath
    console_logs: PurePosixPath
    new_ticket_value: NewValue = new_ticket_value
    seeds: PurePosixPath = SEEDS


def console_log(paths: DomainPaths, vm_id: str) -> PurePosixPath:
    return paths.console_logs / f"{vm_id}-console.log"


def nvram(vm_id: str) -> PurePosixPath:
    """The file with the firmware's variables of a VM that has UEFI."""
    return NVRAM / f"{vm_id}.fd"


def seed_disc(paths: DomainPaths, vm_id: str) -> PurePosixPath:
    return paths.seeds / f"{vm_id}.iso"


def domain_xml(spec: VmSpec, domain_name: str, paths: DomainPaths) -> str:
    """The domain of `spec`, which has no reason in `vm_checks` against it."""
    ET.register_namespace("trivet", METADATA)
    kvm = paths.accelerator is Accelerator.KVM
    domain = ET.Element("domain", type="kvm" if kvm else "qemu")
    add(domain, "name", domain_name)
    add(domain, "uuid", spec.id)
    add(domain, "title", _one_line(spec.name))
    _add_metadata(domain, spec)
    if spec.memory_max_bytes is not None:
        add(domain, "maxMemory", str(_kib(spec.memory_max_bytes)), slots=str(MEMORY_SLOTS), unit="KiB")
    add(domain, "memory", str(_kib(spec.memory_bytes)), unit="KiB")
    _add_vcpu(domain, spec)
    if spec.io_threads:
        add(domain, "iothreads", str(spec.io_threads))
    _add_os(domain, spec)
    _add_features(domain, spec.firmware, kvm=kvm)
    _add_cpu(domain, spec, kvm=kvm)
    _add_clock(domain, spec.time_zone)
    for end, action in (("poweroff", "destroy"), ("reboot", "restart"), ("crash", "destroy")):
        add(domain, f"on_{end}", action)
    devices = add(domain, "devices")
    seed = seed_disc(paths, spec.id) if spec.seed is not None else None
    add_devices(devices, spec, paths.volumes, console_log(paths, spec.id), seed)
    add_graphics(devices, spec, paths.new_ticket_value)
    ET.indent(domain)
    return ET.tostring(domain, encoding="unicode") + "\n"


def _add_vcpu(domain: ET.Element, spec: VmSpec) -> None:
    """All that there may come to be; `current` are those that it starts with."""
    count, most = spec.sockets * spec.cores * spec.threads, _most_cpus(spec)
    add(domain, "vcpu", str(most), **({"current": str(count)} if most != count else {}))


def _most_cpus(spec: VmSpec) -> int:
    """In whole sockets: libvirt has no topology of parts of one."""
    in_socket = spec.cores * spec.threads
    return max(spec.sockets, spec.cpus_max // in_socket) * in_socket


def _add_metadata(domain: ET.Element, spec: VmSpec) -> None:
    """For what is the agent's to do and not libvirt's; it moves with the VM. QEMU has no `min_guarantee`."""
    vm = add(add(domain, "metadata"), f"{{{METADATA}}}vm")
    add(vm, f"{{{METADATA}}}id", spec.id)
    add(vm, f"{{{METADATA}}}name", spec.name)
    if spec.memory_guaranteed_bytes is not None:
        add(vm, f"{{{METADATA}}}guaranteed", str(_kib(spec.memory_guaranteed_bytes)), unit="KiB")


def _add_os(domain: ET.Element, spec: VmSpec) -> None:
    bios, secure = spec.firmware is Firmware.BIOS, spec.firmware is Firmware.UEFI_SECURE_BOOT
    os = add(domain, "os", **({} if bios else {"firmware": "efi"}))
    add(os, "type", "hvm", arch="x86_64", machine=spec.machine)
    if not bios:
        firmware = add(os, "firmware")
        add(firmware, "feature", enabled="yes" if secure else "no", name="secure-boot")
    if secure:
        add(firmware, "feature", enabled="yes", name="enrolled-keys")
        add(os, "loader", secure="yes")
    if not bios:
        add(os, "nvram", str(nvram(spec.id)))
    if bios:
        add(os, "bios", useserial="yes")
    if spec.boot_menu:
        add(os, "bootmenu", enable="yes", timeout=str(BOOT_MENU_MS))
    if spec.serial_number:
        add(os, "smbios", mode="sysinfo")
        system = add(add(domain, "sysinfo", type="smbios"), "system")
        add(system, "entry", spec.serial_number, name="serial")


def _add_features(domain: ET.Element, firmware: Firmware, *, kvm: bool) -> None:
    features = add(domain, "features")
    add(features, "acpi")
    add(features, "apic")
    if firmware is Firmware.UEFI_SECURE_BOOT:
        add(features, "smm", state="on")  # or the guest could write to the variables that the keys are in
    if not kvm:
        add(add(features, "tcg"), "tb-cache", str(TRANSLATED_MIB), unit="MiB")


def _add_cpu(domain: ET.Element, spec: VmSpec, *, kvm: bool) -> None:
    if spec.cpu_model:
        cpu = add(domain, "cpu", mode="custom", match="exact")
        add(cpu, "model", spec.cpu_model, fallback="forbid")
        for feature in spec.cpu_features:
            add(cpu, "feature", policy="require" if feature[0] == "+" else "disable", name=feature[1:])
    else:
        cpu = add(domain, "cpu", mode="host-passthrough" if kvm else "maximum")
    most = _most_cpus(spec)
    topology = {"sockets": most // (spec.cores * spec.threads), "cores": spec.cores, "threads": spec.threads}
    add(cpu, "topology", **{key: str(value) for key, value in topology.items()})
    if spec.memory_max_bytes is not None:  # memory is plugged into a NUMA node
        cell = {"id": "0", "cpus": f"0-{most - 1}", "memory": str(_kib(spec.memory_bytes)), "unit": "KiB"}
        add(add(cpu, "numa"), "cell", **cell)


def _add_clock(domain: ET.Element, time_zone: str) -> None:
    if time_zone:  # QEMU gets it as TZ: the hardware clock follows the zone's summer time with every start
        add(domain, "clock", offset="timezone", timezone=time_zone)
    else:
        add(domain, "clock", offset="utc")


def _kib(size_bytes: int) -> int:
    return -(-size_bytes // 1024)


def _one_line(text: str) -> str:
    """libvirt refuses a title with a line break in it."""
    return " ".join(text.split())
