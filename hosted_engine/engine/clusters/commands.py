"""Adds a cluster with the network over which its hosts are reached."""

from typing import Any, Self

import msgspec

from hosted_engine.engine.command import Context
from hosted_engine.engine.entity.commands import AddEntity
from hosted_engine.engine.entity.declaration import Entity
from hosted_engine.engine.networks.making import add_management
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, found


class AddCluster(AddEntity, frozen=True, kw_only=True):
    management_network_id: str = ""

    @classmethod
    def of(cls, entity: Entity[Any], item: Any, *, place: int = 0, management_network_id: str = "") -> Self:
        command = super().of(entity, item, place=place)
        return msgspec.structs.replace(command, management_network_id=management_network_id)

    def check(self, tx: Transaction) -> None:
        super().check(tx)
        network = found(tx.networks.get(self.management_network_id), "network", self.management_network_id)
        if network.data_center_id != self.item["data_center_id"]:
            place = self.entity.place("management_network_id")
            raise BadValue(value=network.name, field=place, reason="it is in another data center")

    def finish(self, tx: Transaction, context: Context) -> None:
        super().finish(tx, context)
        add_management(tx, self.id, self.management_network_id)
