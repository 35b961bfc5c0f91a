"""The connection of a storage domain, in the API."""

from collections.abc import Mapping
from typing import Any

from hosted_engine.engine.command import Command
from hosted_engine.engine.entity.declaration import Options
from hosted_engine.engine.entity.field import Field
from hosted_engine.engine.entity.reported import AsItWas, Reported, Shown
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NotThere, found
from hosted_engine.engine.storage.checks import refused, the_domain
from hosted_engine.engine.storage.commands.reconnect import ReconnectStorageDomain
from hosted_engine.engine.storageconnections.model import StorageConnection


def _items(tx: Transaction, readings: Readings, ids: Mapping[str, str], _: Options) -> Mapping[str, Shown]:
    connection = tx.of(StorageConnection).get(the_domain(tx, ids["storage_domain"]).storage_connection_id)
    return {connection.id: AsItWas("storage_connections", connection)} if connection is not None else {}


def _attach(tx: Transaction, ids: Mapping[str, str], given: Mapping[str, Any]) -> tuple[Command | None, str]:
    domain, connection_id = the_domain(tx, ids["storage_domain"]), str(given["id"])
    found(tx.of(StorageConnection).get(connection_id), "storage connection", connection_id)
    if domain.storage_connection_id == connection_id:
        return None, connection_id
    return ReconnectStorageDomain(id=domain.id, connection_id=connection_id), connection_id


def _detach(tx: Transaction, ids: Mapping[str, str]) -> Command | None:
    """Raises NotThere, WrongState: storage of files has one connection, and nothing is without."""
    domain = the_domain(tx, ids["storage_domain"])
    if domain.storage_connection_id != ids["connection"]:
        raise NotThere(kind="storage connection", id=ids["connection"])
    mend = "Attach another connection, which takes its place"
    raise refused(domain, "detach the connection of", "it has no other one", mend)


STORAGE_DOMAIN_CONNECTIONS = Reported(
    "storage connection",
    ("StorageDomainServerConnections", "StorageDomainServerConnection"),
    frozenset({"storage_domain"}),
    _items,
    inputs={"id": Field("id")},
    add=_attach,
    remove=_detach,
)
