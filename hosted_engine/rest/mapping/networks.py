"""Networks, vNIC profiles and NICs between the domain and the wire."""

from typing import Any

from hosted_engine.engine.networks.model import Network, Nic, NicInterface, VnicProfile
from hosted_engine.rest.mapping.refs import ref, ref_or_none
from hosted_engine.rest.media.wire import Wire


def network_to_wire(network: Network) -> Wire:
    return {
        **ref("networks", network.id),
        "name": network.name,
        "description": network.description,
        "comment": network.comment,
        "mtu": network.mtu,
        "port_isolation": network.port_isolation,
        "stp": network.stp,
        "usages": [usage.value for usage in network.usages],
        "vdsm_name": network.bridge,
        "vlan": {"id": network.vlan} if network.vlan is not None else None,
        "data_center": ref("datacenters", network.data_center_id),
    }


def network_in_cluster_to_wire(network: Network, cluster_id: str) -> Wire:
    """With what only a cluster knows of it: whether it works and is needed there."""
    return {
        **network_to_wire(network),
        "status": network.status.value,
        "required": network.required,
        "display": "display" in network.usages,
        "cluster": ref("clusters", cluster_id),
        "href": ref("clusters", cluster_id, "networks", network.id)["href"],
    }


def profile_to_wire(profile: VnicProfile) -> Wire:
    return {
        **ref("vnicprofiles", profile.id),
        "name": profile.name,
        "description": profile.description,
        "comment": profile.comment,
        "pass_through": {"mode": "disabled"},
        "port_mirroring": profile.port_mirroring,
        "network": ref("networks", profile.network_id),
    }


def nic_to_wire(nic: Nic, owner: str) -> Wire:
    """`owner` is the collection of what it belongs to: "vms" or "templates"."""
    return {
        **ref(owner, nic.owner_id, "nics", nic.id),
        "name": nic.name,
        "description": nic.description,
        "comment": nic.comment,
        "interface": nic.interface.value,
        "linked": nic.linked,
        "plugged": nic.plugged,
        "synced": True,
        "mac": {"address": nic.mac} if owner == "vms" else None,
        "vnic_profile": ref_or_none("vnicprofiles", nic.vnic_profile_id),
        "vm" if owner == "vms" else "template": ref(owner, nic.owner_id),
    }


def nic_from_wire(body: Wire) -> dict[str, Any]:
    """The inputs of the commands on NICs that `body` gives, the profile aside."""
    interface = body.get("interface")
    given = {
        "name": body.get("name"),
        "description": body.get("description"),
        "comment": body.get("comment"),
        "mac": body.get("mac", {}).get("address"),
        "interface": NicInterface(interface) if interface else None,
        "linked": body.get("linked"),
        "plugged": body.get("plugged"),
    }
    return {name: value for name, value in given.items() if value is not None}
