"""A local data center is one host with its own folders as storage."""

import pytest

from hosted_engine.engine.clusters.entity import CLUSTERS
from hosted_engine.engine.datacenters.entity import DATA_CENTERS
from hosted_engine.engine.entity.commands import AddEntity
from hosted_engine.engine.nodes.commands.approve import ApproveNode
from hosted_engine.engine.nodes.joining.model import host_id_of_key
from hosted_engine.engine.problems import WrongState
from hosted_engine.engine.storage.commands.add import AddStorageDomain
from hosted_engine.engine.storage.commands.attach import AttachStorageDomain
from hosted_engine.engine.storage.model import StorageDomain, StorageDomainStatus
from hosted_engine.engine.storageconnections.model import StorageConnection, StorageType
from hosted_engine.rest.call import Parameters
from tests.fakes.engine import ENGINE_DOMAIN_ID, World, node_id
from tests.unit.engine.domains import center_of, unattached_domain
from tests.unit.engine.scenes import done


async def local_center(world: World) -> tuple[str, str]:
    """Its id, and its cluster's."""
    with world.store.transaction() as tx:
        center = DATA_CENTERS.make(tx, {"name": "edge", "local": True})
    await done(world, AddEntity.of(DATA_CENTERS, center))
    with world.store.transaction() as tx:
        command, cluster = CLUSTERS.add(tx, {"name": "edge", "data_center_id": center.id}, Parameters())
    await done(world, command)
    return center.id, cluster.id


async def approved(world: World, name: str, number: int, cluster_id: str) -> str:
    machine = world.add_machine(name, number)
    world.ask(machine)
    identity = host_id_of_key(machine.fingerprint)
    await done(world, ApproveNode(id=identity, cluster_id=cluster_id))
    return identity


def folder(node: str) -> AddStorageDomain:
    connection = StorageConnection(id=f"folder of {node}", type=StorageType.LOCALFS, path="/vms")
    domain = StorageDomain(id="local-domain", name="local", data_center_id=None, storage_connection_id=connection.id)
    return AddStorageDomain(domain=domain, connection=connection, node_id=node)


async def test_a_folder_of_its_host_is_its_storage() -> None:
    world = World()
    world.shared.exports.add("/vms")
    center, cluster = await local_center(world)
    node = await approved(world, "node4", 4, cluster)
    assert world.nodes[node].storage.mounted.keys() == {ENGINE_DOMAIN_ID}  # which every host keeps alive
    await done(world, folder(node))
    await done(world, AttachStorageDomain(id="local-domain", data_center_id=center))
    with world.store.transaction() as tx:
        domain = tx.storage_domains.get("local-domain")
    assert domain is not None
    assert (domain.status, domain.master) == (StorageDomainStatus.ACTIVE, True)
    assert [id for id, one in world.nodes.items() if "local-domain" in one.storage.mounted] == [node]


async def test_it_has_one_host() -> None:
    world = World()
    _, cluster = await local_center(world)
    await approved(world, "node4", 4, cluster)
    with pytest.raises(WrongState, match="data center edge is local, and has host node4"):
        await approved(world, "node5", 5, cluster)


async def test_storage_is_of_the_kind_that_the_data_center_has() -> None:
    world = World()
    world.shared.exports.add("/vms")
    center, _ = await local_center(world)
    await done(world, folder(node_id(1)))
    with pytest.raises(WrongState, match="other hosts of data center Default do not see a folder"):
        await done(world, AttachStorageDomain(id="local-domain", data_center_id=center_of(world)))
    shared = await unattached_domain(world)
    with pytest.raises(WrongState, match="data center edge is local"):
        await done(world, AttachStorageDomain(id=shared, data_center_id=center))
