"""A logical network, the profiles through which NICs join it, and the NICs."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from hosted_engine.engine.entity.field import Field, OnRemove, Reference, Settable, name_rule
from hosted_engine.engine.networks.macs import good_mac
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
    name: Annotated[str, Field("name", search="name", length=256, rule=name_rule(extra="._-+ "))]
    data_center_id: Annotated[
        str, Reference("data_center", settable=Settable.ON_ADD, search="datacenter", to="data_centers")
    ]
    bridge: Annotated[str, Field("vdsm_name", settable=Settable.NEVER)]
    description: Annotated[str, Field("description", search="description", length=4000)] = ""
    comment: Annotated[str, Field("comment", search="comment", length=4000)] = ""
    vlan: Annotated[int | None, Field("vlan.id", search="vlanid", least=0, most=4095)] = None
    mtu: Annotated[int, Field("mtu", search="mtu", least=0, most=2147483647)] = 0  # 0: the default of the nodes
    stp: Annotated[bool, Field("stp", search="stp")] = False
    port_isolation: Annotated[bool, Field("port_isolation", settable=Settable.ON_ADD)] = False
    required: bool = True
    status: NetworkStatus = NetworkStatus.OPERATIONAL
    usages: Annotated[tuple[NetworkUsage, ...], Field("usages")] = (NetworkUsage.VM,)


@dataclass(frozen=True, slots=True, kw_only=True)
class VnicProfile:
    id: str
    name: Annotated[str, Field("name", search="name", length=256, rule=name_rule(extra="._-+ "))]
    network_id: Annotated[
        str,
        Reference(
            "network", settable=Settable.ON_ADD, search="network_name", to="networks", on_remove=OnRemove.CASCADE
        ),
    ]
    description: Annotated[str, Field("description", search="description", length=4000)] = ""
    comment: Annotated[str, Field("comment", search="comment", length=4000)] = ""
    port_mirroring: Annotated[bool, Field("port_mirroring")] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NicBase:
    """No `vnic_profile_id` means a NIC without a network."""

    id: str
    name: Annotated[str, Field("name", search="name", length=50, rule=name_rule())]
    vnic_profile_id: Annotated[str | None, Reference("vnic_profile", to="vnic_profiles")] = None
    interface: Annotated[NicInterface, Field("interface")] = NicInterface.VIRTIO
    linked: Annotated[bool, Field("linked")] = True
    plugged: Annotated[bool, Field("plugged")] = True
    description: Annotated[str, Field("description", length=4000)] = ""
    comment: Annotated[str, Field("comment", length=4000)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nic(NicBase):
    """`owner_id` is the VM or the template."""

    owner_id: Annotated[str, Field(index=True)]
    mac: Annotated[str, Field("mac.address", rule=good_mac)] = ""  # one is chosen
