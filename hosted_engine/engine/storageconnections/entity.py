"""Storage connections in the API."""

from hosted_engine.engine.entity.declaration import READ, Entity, Place
from hosted_engine.engine.storageconnections.model import StorageConnection

STORAGE_CONNECTIONS = Entity(
    StorageConnection,
    "storage_connections",
    kind="storage connection",
    type="StorageConnection",
    path="storageconnections",
    places=(Place(("StorageServerConnections", "StorageServerConnection"), methods=READ),),
    order="id",
    unique=(("type", "address", "path"),),
)
