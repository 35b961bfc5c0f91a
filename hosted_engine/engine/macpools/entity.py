"""MAC pools: where the NICs of a cluster's VMs have their addresses from."""

from hosted_engine.engine.entity.declaration import Entity, Place
from hosted_engine.engine.entity.events import Events
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.macpools.model import MacPool, overlapping
from hosted_engine.engine.macpools.pool import check_no_duplicates
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, WrongState


class MacPoolEntity(Entity[MacPool]):
    def check(self, tx: Transaction, item: MacPool, before: MacPool | None) -> None:
        for other in tx.of(MacPool).list():
            if other.id != item.id and (both := overlapping(item.ranges, other.ranges)):
                reason = f"addresses of it are in MAC pool {other.name}"
                raise BadValue(value=both, field=self.place("ranges"), reason=reason)
        if before is not None and before.allow_duplicates and not item.allow_duplicates:
            check_no_duplicates(tx, item, action="forbid duplicates in")

    def check_removable(self, tx: Transaction, item: MacPool) -> None:
        if item.default_pool:
            raise WrongState(
                action="remove",
                kind=self.kind,
                name=item.name,
                reason="it is the pool of clusters that name none",
                mend="Leave it",
            )


MAC_POOLS = MacPoolEntity(
    MacPool,
    "mac_pools",
    kind="MAC pool",
    type="MacPool",
    path="macpools",
    places=(Place(("MacPools", "MacPool")),),
    unique=(("name",),),
    events=Events(
        EventKind("MAC_POOL_ADD_SUCCESS", "MAC pool {name} was added by {user}."),
        EventKind("MAC_POOL_EDIT_SUCCESS", "MAC pool {name} was changed by {user}."),
        EventKind("MAC_POOL_REMOVE_SUCCESS", "MAC pool {name} was removed by {user}."),
    ),
)
