"""Storage domains in the states that tests begin with, on an NFS server that every node reaches."""

from hosted_engine.engine.ids import new_id
from hosted_engine.engine.storage.commands.activate import DeactivateStorageDomain
from hosted_engine.engine.storage.commands.add import AddStorageDomain
from hosted_engine.engine.storage.commands.attach import AttachStorageDomain, DetachStorageDomain
from hosted_engine.engine.storage.model import StorageDomain
from hosted_engine.engine.storageconnections.model import StorageConnection, StorageType
from hosted_engine.engine.unregistered.model import Unregistered, UnregisteredKind
from tests.fakes.engine import DATA_ID, World, node_id
from tests.unit.engine.scenes import done, new_disk, new_disk_on, new_vm


def new_domain(world: World, name: str = "archive", **connection: object) -> AddStorageDomain:
    """Its export is there, and empty."""
    given = {"type": StorageType.NFS, "address": "nas", "path": f"/srv/{name}", **connection}
    made = StorageConnection(id=new_id(), **given)  # type: ignore[arg-type]  # a test says what it is
    world.shared.exports.add(f"{made.address}:{made.path}" if made.address else made.path)
    domain = StorageDomain(id=new_id(), name=name, data_center_id=None, storage_connection_id=made.id)
    return AddStorageDomain(domain=domain, connection=made, node_id=node_id(1))


async def unattached_domain(world: World, name: str = "archive") -> str:
    command = new_domain(world, name)
    await done(world, command)
    return command.id


async def active_domain(world: World, name: str = "archive") -> str:
    identity = await unattached_domain(world, name)
    await done(world, AttachStorageDomain(id=identity, data_center_id=center_of(world)))
    return identity


async def resting_domain(world: World, name: str = "archive") -> str:
    """In maintenance."""
    identity = await active_domain(world, name)
    await done(world, DeactivateStorageDomain(id=identity, data_center_id=center_of(world)))
    return identity


def center_of(world: World) -> str:
    with world.store.transaction() as tx:
        domain = tx.storage_domains.get(DATA_ID)
        assert domain is not None
        assert domain.data_center_id is not None
        return domain.data_center_id


async def domain_with_vm(world: World) -> str:
    """In use, with a VM's disk on it and one that floats."""
    identity = await active_domain(world)
    vm = new_vm(world, name="moving")
    await done(world, vm)
    await done(world, new_disk_on(world, vm.id, "of-moving", storage_domain_id=identity))
    await done(world, new_disk(world, "floating", storage_domain_id=identity))
    return identity


async def let_go(world: World, identity: str) -> None:
    for command in (DeactivateStorageDomain, DetachStorageDomain):
        await done(world, command(id=identity, data_center_id=center_of(world)))


async def domain_with_found_vm(world: World) -> str:
    """As `domain_with_vm`, let go and attached again."""
    identity = await domain_with_vm(world)
    await let_go(world, identity)
    await done(world, AttachStorageDomain(id=identity, data_center_id=center_of(world)))
    return identity


def found_on(world: World, identity: str, kind: UnregisteredKind) -> list[str]:
    """The ids of what is unregistered there."""
    with world.store.transaction() as tx:
        return [one.entity_id for one in tx.of(Unregistered).list(storage_domain_id=identity, kind=kind)]
