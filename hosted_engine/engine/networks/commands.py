"""What adding and removing networks does beside what every entity does."""

from typing import Any, Self

import msgspec

from hosted_engine.engine.command import Context
from hosted_engine.engine.entity.commands import AddEntity, RemoveEntity
from hosted_engine.engine.entity.declaration import Entity
from hosted_engine.engine.networks.checks import check_not_managing
from hosted_engine.engine.networks.making import add_profile
from hosted_engine.engine.networks.model import ClusterNetwork, Network
from hosted_engine.engine.ports import Transaction


class AddNetwork(AddEntity, frozen=True, kw_only=True):
    """With `profile` a network for VMs gets a vNIC profile of its name."""

    profile: bool = True

    @classmethod
    def of(cls, entity: Entity[Any], item: Any, *, place: int = 0, profile: bool = True) -> Self:
        return msgspec.structs.replace(super().of(entity, item, place=place), profile=profile)

    def finish(self, tx: Transaction, context: Context) -> None:
        super().finish(tx, context)
        if self.profile:
            add_profile(tx, msgspec.convert(self.item, Network))


class RemoveNetwork(RemoveEntity, frozen=True, kw_only=True):
    def check(self, tx: Transaction) -> None:
        check_not_managing(tx, self.the_item(tx).id, "remove")
        super().check(tx)


class DetachNetwork(RemoveEntity, frozen=True, kw_only=True):
    def check(self, tx: Transaction) -> None:
        link: ClusterNetwork = self.the_item(tx)
        check_not_managing(tx, link.network_id, "detach", link.cluster_id)
        super().check(tx)
