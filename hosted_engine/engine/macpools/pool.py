"""Takes addresses from a MAC pool; they are free again when their NICs are gone."""

import secrets
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import islice

from hosted_engine.engine.macpools.model import MacPool, addresses, size
from hosted_engine.engine.networks.model import Nic
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import WrongState, found
from node.api.problems import Refused

AT_ONCE = 100  # addresses that are asked for in one query


class MacPoolEmpty(Refused):
    what = "Cannot take a MAC address from MAC pool {name}"
    why = "all of its {size} addresses are in use"
    mend = "Give it another range, remove NICs, or name an address"


def pool_of(tx: Transaction, cluster_id: str) -> MacPool:
    cluster = found(tx.clusters.get(cluster_id), "cluster", cluster_id)
    return found(tx.of(MacPool).get(cluster.mac_pool_id), "MAC pool", cluster.mac_pool_id)


def free_macs(tx: Transaction, pool: MacPool, count: int, *, besides: Collection[str] = ()) -> tuple[str, ...]:
    """From a random place on, so that an address that has just become free is hardly the next one to be taken; none of
    `besides`. Raises MacPoolEmpty."""
    total, free = size(pool.ranges), list[str]()
    all_of_it = addresses(pool.ranges, secrets.randbelow(total))
    while len(free) < count:
        some = tuple(islice(all_of_it, AT_ONCE))
        if not some:
            raise MacPoolEmpty(name=pool.name, size=total)
        taken = {nic.mac for nic in tx.nics.list(mac=some)} | set(besides)
        free += [mac for mac in some if mac not in taken]
    return tuple(free[:count])


def check_unused(tx: Transaction, pool: MacPool, nic: Nic) -> None:
    """Raises WrongState where another NIC of the pool has the address and the pool allows that to one alone. Any
    address may be given, within the pool's ranges or not."""
    others = [other.owner_id for other in tx.nics.list(mac=nic.mac) if other.id != nic.id]
    if others and not pool.allow_duplicates and any(_vms(tx, pool.id, others)):
        raise WrongState(
            action="use", kind="MAC address", name=nic.mac, reason="another NIC has it", mend="Choose another one"
        )


def check_no_duplicates(tx: Transaction, pool: MacPool, *, action: str, also: str | None = None) -> None:
    """Raises WrongState where two NICs of the pool have one address; the cluster `also` is to have it, too."""
    clusters = {*(cluster.id for cluster in tx.clusters.list(mac_pool_id=pool.id)), *([also] if also else [])}
    vms = [vm.id for vm in tx.vms.list(cluster_id=clusters)]
    counts = Counter(nic.mac for nic in tx.nics.list(owner_id=vms))
    if twice := sorted(mac for mac, count in counts.items() if count > 1):
        raise WrongState(
            action=action,
            kind="MAC pool",
            name=pool.name,
            reason=f"several NICs have {', '.join(twice[:3])}",
            mend="Give them other addresses first",
        )


def _vms(tx: Transaction, pool_id: str, ids: Collection[str]) -> Iterable[str]:
    """Those of `ids` that are VMs of a cluster with the pool."""
    clusters: Sequence[str] = [cluster.id for cluster in tx.clusters.list(mac_pool_id=pool_id)]
    return (vm.id for vm in tx.vms.find(ids).values() if vm.cluster_id in clusters)
