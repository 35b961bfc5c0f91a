"""Which vNIC profile is meant where a network is named instead."""

from hosted_engine.engine.networks.model import VnicProfile
from hosted_engine.engine.ports import Transaction


def profile_for(tx: Transaction, network_id: str) -> VnicProfile | None:
    """The network's profile of its own name, or else its first one."""
    network = tx.networks.get(network_id)
    name = network.name if network else ""
    profiles = sorted(tx.vnic_profiles.list(network_id=network_id), key=lambda p: (p.name != name, p.name))
    return profiles[0] if profiles else None
