"""The disks of a storage domain that are not registered yet, in the API."""

from collections.abc import Mapping
from typing import Any

from hosted_engine.engine.command import Command
from hosted_engine.engine.entity.declaration import Options
from hosted_engine.engine.entity.field import Field, name_rule
from hosted_engine.engine.entity.reported import AsItWas, Reported, Shown
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.storage.checks import the_domain
from hosted_engine.engine.unregistered.model import Unregistered, UnregisteredKind
from hosted_engine.engine.unregistered.notes import as_disk
from hosted_engine.engine.unregistered.register_disk import RegisterDisk
from hosted_engine.engine.unregistered.remove import RemoveUnregistered


def _items(tx: Transaction, readings: Readings, ids: Mapping[str, str], _: Options) -> Mapping[str, Shown]:
    return unregistered_disks(tx, the_domain(tx, ids["storage_domain"]).id)


def unregistered_disks(tx: Transaction, domain_id: str) -> dict[str, Shown]:
    """As they are shown, by their ids."""
    found = tx.of(Unregistered).list(storage_domain_id=domain_id, kind=UnregisteredKind.DISK)
    return {one.entity_id: AsItWas("disks", as_disk(one)) for one in found}


def _add(tx: Transaction, ids: Mapping[str, str], given: Mapping[str, Any]) -> tuple[Command | None, str]:
    domain, disk_id = the_domain(tx, ids["storage_domain"]), str(given["id"])
    changes = {name: given[name] for name in ("name", "description") if name in given}
    return RegisterDisk(domain_id=domain.id, id=disk_id, **changes), disk_id


def _remove(tx: Transaction, ids: Mapping[str, str]) -> Command:
    domain = the_domain(tx, ids["storage_domain"])
    return RemoveUnregistered(domain_id=domain.id, entity_id=ids["disk"], kind=UnregisteredKind.DISK)


UNREGISTERED_DISKS = Reported(
    "unregistered disk",
    ("StorageDomainDisks", "StorageDomainDisk"),
    frozenset({"storage_domain"}),
    _items,
    inputs={
        "id": Field("id"),
        "name": Field("name", also=("alias",), length=255, rule=name_rule()),
        "description": Field("description", length=500),
    },
    optional=frozenset({"name", "description"}),
    add=_add,
    remove=_remove,
)
