"""Which networks and clusters of another engine are which ones here, as an action's body says it. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, NotSupported
from hosted_engine.engine.storage.model import StorageDomain
from hosted_engine.engine.unregistered.choices import ProfileMapping

Element = Mapping[str, Any]


def profile_mappings(tx: Transaction, domain: StorageDomain, given: Mapping[str, Any]) -> tuple[ProfileMapping, ...]:
    """Raises BadValue for what names nothing, or two."""
    mappings = [
        ProfileMapping(
            network=str(one.get("source_network_name") or ""),
            profile=str(one.get("source_network_profile_name") or ""),
            profile_id=_profile(tx, domain, one.get("target_vnic_profile"), f"{place}.target_vnic_profile"),
        )
        for one, place in _listed(given.get("vnic_profile_mappings"), "vnic_profile_mapping")
    ]
    for one, place in _listed(given.get("registration_vnic_profile_mappings"), "registration_vnic_profile_mapping"):
        source = one.get("from") or {}
        network = (source.get("network") or {}).get("name") or ""
        mappings.append(
            ProfileMapping(
                network=str(network),
                profile=str(source.get("name") or ""),
                profile_id=_profile(tx, domain, one.get("to"), f"{place}.to"),
            )
        )
    return tuple(mappings)


def cluster_mappings(given: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Names."""
    pairs = []
    for one, place in _listed(given.get("cluster_mappings"), "registration_cluster_mapping"):
        names = [str((one.get(end) or {}).get("name") or "") for end in ("from", "to")]
        if not all(names):
            raise BadValue(value="nothing", field=place, reason="it needs the names of both clusters")
        pairs.append((names[0], names[1]))
    return tuple(pairs)


def _listed(value: Sequence[Element] | None, element: str) -> Iterator[tuple[Element, str]]:
    """With the place of each in the body."""
    return ((one, f"action.{element}[{number}]") for number, one in enumerate(value or (), 1))


def _profile(tx: Transaction, domain: StorageDomain, element: Element | None, place: str) -> str | None:
    """None takes the NIC off all networks."""
    if not element:
        return None
    networks = {network.id: network.name for network in tx.networks.list(data_center_id=domain.data_center_id)}
    there = [one for one in tx.vnic_profiles.list() if one.network_id in networks]
    if identity := element.get("id"):
        named = [one for one in there if one.id == identity]
    else:
        network = (element.get("network") or {}).get("name")
        named = [one for one in there if one.name == element.get("name")]
        named = [one for one in named if network in (None, networks[one.network_id])]
    if len(named) > 1:
        reason = "several networks have a profile of that name: say which network, or its id"
        raise NotSupported(value=element.get("name"), field=place, reason=reason)
    if not named:
        value = element.get("id") or element.get("name") or "nothing"
        reason = "no vNIC profile of the storage domain's data center is called so"
        raise BadValue(value=value, field=place, reason=reason)
    return str(named[0].id)
