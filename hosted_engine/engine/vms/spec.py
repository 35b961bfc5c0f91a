"""What a node has to know to run a VM, from what the store knows. Pure."""

from hosted_engine.engine.clusters.cpu_types import features_of, model_of
from hosted_engine.engine.clusters.model import Cluster
from hosted_engine.engine.disks.model import Disk, DiskAttachment, DiskInterface
from hosted_engine.engine.networks.model import NIC_MODELS, Network, Nic
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from hosted_engine.engine.vms.cdroms.discs import disc_of, disc_of_vm
from hosted_engine.engine.vms.growth import cpus_max, memory_max_bytes
from hosted_engine.engine.vms.model import BiosType, SerialNumberPolicy, Vm
from node.api.messages.vms import BootDevice, DiskBus, GraphicsType, NicModel, VmCdrom, VmDisk, VmNic, VmSpec

UTC_ZONES = ("Etc/GMT", "Etc/UTC", "UTC")

BUSES = {
    DiskInterface.IDE: DiskBus.IDE,
    DiskInterface.SATA: DiskBus.SATA,
    DiskInterface.VIRTIO: DiskBus.VIRTIO,
    DiskInterface.VIRTIO_SCSI: DiskBus.VIRTIO_SCSI,
}  # what a node can make


def spec_of(tx: Transaction, vm: Vm) -> VmSpec:
    """The bootable disk first, then by id, so that the guest sees the same order at every start."""
    cluster = cluster_of(tx, vm)
    bios_type = cluster.bios_type if vm.bios_type is BiosType.CLUSTER_DEFAULT else vm.bios_type
    return VmSpec(
        id=vm.id,
        name=vm.name,
        memory_bytes=vm.memory_bytes,
        sockets=vm.sockets,
        cores=vm.cores,
        threads=vm.threads,
        ballooning=balloons(vm, cluster),
        memory_guaranteed_bytes=vm.memory_guaranteed_bytes if balloons(vm, cluster) else None,
        firmware=bios_type.firmware,
        machine=vm.custom_machine or bios_type.machine,
        cpu_model=vm.custom_cpu or model_of(cluster.cpu_type),
        cpu_features=() if vm.custom_cpu else features_of(cluster.cpu_type),
        boot_devices=tuple(BootDevice(device) for device in vm.boot_devices),
        boot_menu=vm.boot_menu,
        cpus_max=cpus_max(vm),
        memory_max_bytes=memory_max_bytes(vm),
        time_zone="" if vm.time_zone in UTC_ZONES else vm.time_zone,
        serial_number=_serial_number(vm, cluster),
        start_paused=vm.start_paused,
        usb=vm.usb,
        io_threads=vm.io_threads,
        virtio_scsi=vm.virtio_scsi,
        scsi_queues=_queues(vm) if vm.scsi_queues < 0 else max(1, vm.scsi_queues),
        disks=tuple(disk_spec(tx, vm, attachment, disk) for attachment, disk in active_disks(tx, vm.id)),
        nics=tuple(nic_spec(tx, vm, nic) for nic in plugged_nics(tx, vm.id)),
        graphics=(GraphicsType(vm.display_type),) if vm.display_type else (),
        cdrom=VmCdrom(disc=disc_of(tx, vm.cd_disk_id)),
    )


def cluster_of(tx: Transaction, vm: Vm) -> Cluster:
    return found(tx.clusters.get(vm.cluster_id), "cluster", vm.cluster_id)


def balloons(vm: Vm, cluster: Cluster) -> bool:
    """Where the cluster forbids it no VM does."""
    return vm.ballooning and cluster.ballooning


def _serial_number(vm: Vm, cluster: Cluster) -> str:
    """The VM's own, or else its cluster's."""
    of = cluster if vm.serial_number_policy is None else vm
    match of.serial_number_policy:
        case SerialNumberPolicy.VM:
            return vm.id
        case SerialNumberPolicy.CUSTOM:
            return of.serial_number
        case _:
            return ""


def active_disks(tx: Transaction, vm_id: str) -> list[tuple[DiskAttachment, Disk]]:
    attachments = [a for a in tx.disk_attachments.list(owner_id=vm_id) if a.active]
    attachments.sort(key=lambda a: (not a.bootable, a.disk_id))
    disks = tx.disks.find([a.disk_id for a in attachments])
    return [(a, disks[a.disk_id]) for a in attachments]


def storage_domains_of(tx: Transaction, vm: Vm) -> dict[str, str]:
    """Those that a node needs to run the VM: their names by id."""
    disks = [disk for _, disk in active_disks(tx, vm.id)]
    disc = disc_of_vm(tx, vm)
    ids = {disk.storage_domain_id for disk in (*disks, *((disc,) if disc else ()))}
    return {domain.id: domain.name for domain in tx.storage_domains.find(ids).values()}


def plugged_nics(tx: Transaction, vm_id: str) -> list[Nic]:
    return sorted((nic for nic in tx.nics.list(owner_id=vm_id) if nic.plugged), key=lambda nic: nic.name)


def networks_of(tx: Transaction, vm_id: str) -> frozenset[Network]:
    """The networks that a node needs to run the VM."""
    return frozenset(network for nic in plugged_nics(tx, vm_id) if (network := network_of(tx, nic)) is not None)


def network_of(tx: Transaction, nic: Nic) -> Network | None:
    if nic.vnic_profile_id is None:
        return None
    profile = found(tx.vnic_profiles.get(nic.vnic_profile_id), "vNIC profile", nic.vnic_profile_id)
    return found(tx.networks.get(profile.network_id), "network", profile.network_id)


def disk_spec(tx: Transaction, vm: Vm, attachment: DiskAttachment, disk: Disk) -> VmDisk:
    return VmDisk(
        image=disk.image,
        format=disk.format.image_format,
        bus=BUSES[attachment.interface],
        boot=attachment.bootable and "hd" in vm.boot_devices,
        read_only=attachment.read_only,
        serial=disk.id,
        propagate_errors=disk.propagate_errors,
        shareable=disk.shareable,
    )


def nic_spec(tx: Transaction, vm: Vm, nic: Nic) -> VmNic:
    network, model = network_of(tx, nic), NIC_MODELS[nic.interface]
    return VmNic(
        id=nic.id,
        mac=nic.mac,
        bridge=network.bridge if network else "",
        model=model,
        linked=nic.linked,
        queues=_queues(vm) if vm.multi_queues and model is NicModel.VIRTIO else 1,
        isolated=network.port_isolation if network else False,
    )


def _queues(vm: Vm) -> int:
    """One for each processor, as far as they help: more than four gain nothing (oVirt has the same bound)."""
    return min(vm.sockets * vm.cores * vm.threads, 4)
