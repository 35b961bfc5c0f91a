"""Networks, vNIC profiles and NICs between the domain and the wire."""

from hosted_engine.engine.networks.model import Network
from hosted_engine.rest.mapping.refs import ref
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
