"""A logical network, the profiles through which NICs join it, and the NICs."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from hosted_engine.engine.entity.field import Field, OnRemove, Reference, Settable, name_rule, text_rule
from hosted_engine.engine.networks.macs import good_mac
from hosted_engine.engine.problems import BadValue
from node.api.messages.vms import NicModel

MANAGEMENT_NETWORK = "ovirtmgmt"  # oVirt's name of the network that every data center begins with
_BRIDGE_NAME = re.compile("[0-9a-zA-Z_-]{1,15}", re.ASCII)


class NetworkUsage(StrEnum):
    DEFAULT_ROUTE = "default_route"
    DISPLAY = "display"
    GLUSTER = "gluster"
    MANAGEMENT = "management"
    MIGRATION = "migration"
    VM = "vm"


ROLES = frozenset(NetworkUsage) - {NetworkUsage.VM}  # one network of a cluster has each of them at most
NEEDED_ROLES = ROLES - {NetworkUsage.GLUSTER}  # that exactly one network of a cluster has


class NetworkStatus(StrEnum):
    NON_OPERATIONAL = "non_operational"
    OPERATIONAL = "operational"


def good_mtu(value: Any, field: str) -> int:
    if value != 0 and not 68 <= value <= 2147483647:
        raise BadValue(value=value, field=field, reason="it has to be 0, for the default, or at least 68")
    return int(value)


def vm_or_nothing(value: Any, field: str) -> tuple[NetworkUsage, ...]:
    if odd := sorted(set(value) - {NetworkUsage.VM}):
        reason = "a network by itself is for VMs or not; the other usages are set for it in a cluster"
        raise BadValue(value=", ".join(odd), field=field, reason=reason)
    return tuple(sorted(set(value)))


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
    """`bridge` is the bridge on the nodes (oVirt's vdsm_name). Its only usage of its own is that of VMs; the others are
    said of it in a cluster."""

    id: str
    name: Annotated[str, Field("name", search="name", length=256, rule=text_rule)]
    data_center_id: Annotated[
        str,
        Reference(
            "data_center",
            settable=Settable.ON_ADD,
            search="datacenter",
            to="data_centers",
            on_remove=OnRemove.CASCADE,
        ),
    ]
    bridge: Annotated[str, Field("vdsm_name", settable=Settable.NEVER)]
    description: Annotated[str, Field("description", search="description", length=4000)] = ""
    comment: Annotated[str, Field("comment", search="comment", length=4000)] = ""
    vlan: Annotated[int | None, Field("vlan.id", search="vlanid", least=0, most=4094)] = None
    mtu: Annotated[int, Field("mtu", search="mtu", rule=good_mtu)] = 0  # 0: the default of the nodes
    stp: Annotated[bool, Field("stp", search="stp")] = False
    port_isolation: Annotated[bool, Field("port_isolation", settable=Settable.ON_ADD)] = False
    usages: Annotated[tuple[NetworkUsage, ...], Field("usages", rule=vm_or_nothing)] = (NetworkUsage.VM,)

    @property
    def for_vms(self) -> bool:
        return NetworkUsage.VM in self.usages


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterNetwork:
    """What a network is in a cluster: `required` of all its hosts, and what it is used for beside VMs."""

    id: str
    cluster_id: Annotated[str, Reference("cluster", settable=Settable.NEVER, to="clusters", on_remove=OnRemove.CASCADE)]
    network_id: Annotated[str, Reference(to="networks", on_remove=OnRemove.CASCADE)]
    required: Annotated[bool, Field("required")] = True
    usages: Annotated[tuple[NetworkUsage, ...], Field("usages")] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VnicProfile:
    id: str
    name: Annotated[str, Field("name", search="name", length=256, rule=text_rule)]
    network_id: Annotated[
        str,
        Reference(
            "network", settable=Settable.ON_ADD, search="network_name", to="networks", on_remove=OnRemove.CASCADE
        ),
    ]
    description: Annotated[str, Field("description", search="description", length=4000)] = ""
    comment: Annotated[str, Field("comment", search="comment", length=4000)] = ""


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
    mac: Annotated[str, Field("mac.address", search="mac", rule=good_mac)] = ""  # one is chosen


def bridge_name(name: str, network_id: str) -> str:
    """The network's name where an interface may be called so, else one that follows from its id, as in oVirt."""
    return name if _BRIDGE_NAME.fullmatch(name) else f"on{network_id.replace('-', '')[:13]}"
