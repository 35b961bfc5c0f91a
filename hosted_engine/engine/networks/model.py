"""A logical network, the profiles through which NICs join it, and the NICs."""

from dataclasses import dataclass
from enum import StrEnum

from node.api.messages.vms import NicModel


class NetworkUsage(StrEnum):
    DEFAULT_ROUTE = "default_route"
    DISPLAY = "display"
    GLUSTER = "gluster"
    MANAGEMENT = "management"
    MIGRATION = "migration"
    VM = "vm"


class NetworkStatus(StrEnum):
    NON_OPERATIONAL = "non_operational"
    OPERATIONAL = "operational"


class NicInterface(StrEnum):
    E1000 = "e1000"
    E1000E = "e1000e"
    PCI_PASSTHROUGH = "pci_passthrough"
    RTL8139 = "rtl8139"
    RTL8139_VIRTIO = "rtl8139_virtio"
    SPAPR_VLAN = "spapr_vlan"
    VIRTIO = "virtio"


NIC_MODELS = {
    NicInterface.E1000: NicModel.E1000,
    NicInterface.RTL8139: NicModel.RTL8139,
    NicInterface.VIRTIO: NicModel.VIRTIO,
}  # what a node can make


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """`bridge` is the bridge on the nodes (oVirt's vdsm_name)."""

    id: str
    name: str
    data_center_id: str
    bridge: str
    description: str = ""
    comment: str = ""
    vlan: int | None = None
    mtu: int = 0  # 0: the default of the nodes
    stp: bool = False
    port_isolation: bool = False
    required: bool = True
    status: NetworkStatus = NetworkStatus.OPERATIONAL
    usages: tuple[NetworkUsage, ...] = (NetworkUsage.VM,)


@dataclass(frozen=True, slots=True, kw_only=True)
class VnicProfile:
    id: str
    name: str
    network_id: str
    description: str = ""
    comment: str = ""
    port_mirroring: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Nic:
    """`owner_id` is the VM or the template. No `vnic_profile_id` means a NIC without a network."""

    id: str
    owner_id: str
    name: str
    mac: str
    vnic_profile_id: str | None = None
    interface: NicInterface = NicInterface.VIRTIO
    linked: bool = True
    plugged: bool = True
    description: str = ""
    comment: str = ""
