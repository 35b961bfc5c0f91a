"""What a node has to know to run a VM, from what the store knows. Pure."""

from hosted_engine.engine.clusters.cpu_types import features_of, model_of
from hosted_engine.engine.clusters.model import Cluster
from hosted_engine.engine.disks.images import image_of
from hosted_engine.engine.disks.model import Disk, DiskAttachment, DiskInterface
from hosted_engine.engine.networks.model import NIC_MODELS, Network, Nic
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from hosted_engine.engine.vms.model import BiosType, SerialPolicy, Vm
from node.api.messages.vms import DiskBus, VmDisk, VmNic, VmSpec

BUSES = {
    DiskInterface.IDE: DiskBus.IDE,
    DiskInterface.SATA: DiskBus.SATA,
    DiskInterface.VIRTIO: DiskBus.VIRTIO,
    DiskInterface.VIRTIO_SCSI: DiskBus.VIRTIO_SCSI,
}  # what a node can make


def spec_of(tx: Transaction, vm: Vm) -> VmSpec:
    """The bootable disk first, then by id, so that the guest sees the same order at every start."""
    cluster = found(tx.clusters.get(vm.cluster_id), "cluster", vm.cluster_id)
    bios_type = cluster.bios_type if vm.bios_type is BiosType.CLUSTER_DEFAULT else vm.bios_type
    return VmSpec(
        id=vm.id,
        name=vm.name,
        memory_bytes=vm.memory_bytes,
        sockets=vm.sockets,
        cores=vm.cores,
        threads=vm.threads,
        firmware=bios_type.firmware,
        cpu_model=model_of(cluster.cpu_type),
        cpu_features=features_of(cluster.cpu_type),
        serial_number=_serial_number(vm, cluster),
        disks=tuple(_disk(tx, vm, attachment, disk) for attachment, disk in active_disks(tx, vm.id)),
        nics=tuple(_nic(tx, nic) for nic in plugged_nics(tx, vm.id)),
    )


def _serial_number(vm: Vm, cluster: Cluster) -> str:
    match cluster.serial_policy:
        case SerialPolicy.VM:
            return vm.id
        case SerialPolicy.CUSTOM:
            return cluster.serial_number
        case _:
            return ""


def active_disks(tx: Transaction, vm_id: str) -> list[tuple[DiskAttachment, Disk]]:
    attachments = [a for a in tx.disk_attachments.list(owner_id=vm_id) if a.active]
    attachments.sort(key=lambda a: (not a.bootable, a.disk_id))
    disks = tx.disks.find([a.disk_id for a in attachments])
    return [(a, disks[a.disk_id]) for a in attachments]


def volumes_of(tx: Transaction, vm_id: str) -> frozenset[str]:
    """The volumes that a node needs to run the VM."""
    return frozenset(image_of(tx, disk).volume for _, disk in active_disks(tx, vm_id))


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


def _disk(tx: Transaction, vm: Vm, attachment: DiskAttachment, disk: Disk) -> VmDisk:
    return VmDisk(
        image=image_of(tx, disk),
        format=disk.format.image_format,
        bus=BUSES[attachment.interface],
        boot=attachment.bootable and "hd" in vm.boot_devices,
        read_only=attachment.read_only,
        serial=disk.id,
    )


def _nic(tx: Transaction, nic: Nic) -> VmNic:
    network = network_of(tx, nic)
    return VmNic(
        id=nic.id,
        mac=nic.mac,
        bridge=network.bridge if network else "",
        model=NIC_MODELS[nic.interface],
        linked=nic.linked,
        isolated=network.port_isolation if network else False,
    )
