"""A database from before is brought to the newest form with all that is in it."""

import json
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import create_engine

from hosted_engine.engine.instancetypes.entity import FIRST_ONES
from hosted_engine.engine.instancetypes.model import InstanceType
from hosted_engine.engine.macpools.model import MacPool, size
from hosted_engine.engine.networks.model import ClusterNetwork, NetworkUsage
from hosted_engine.engine.scheduler.entity import NO_BALANCING, SchedulingPolicy
from hosted_engine.engine.secrets import FORGOTTEN
from hosted_engine.engine.storageconnections.model import StorageConnection
from hosted_engine.engine.storageconnections.mounts import mount_spec
from hosted_engine.engine.vms.model import BiosType
from hosted_engine.store.migrate import revision
from hosted_engine.store.store import SqlStore
from node.api.messages.mounts import MountSpec
from tests.unit.store import before


@pytest.fixture
def old(tmp_path: Path) -> str:
    """Its URL."""
    url = f"sqlite:///{tmp_path / 'engine.db'}"
    engine = create_engine(url)
    before.make(engine)
    engine.dispose()
    return url


def test_what_was_there_is_there_and_refers_to_what_it_did(old: str) -> None:
    store = SqlStore(old)
    with store.transaction() as tx:
        (vm,) = tx.vms.list()
        assert (vm.name, vm.cluster_id, vm.template_id, vm.instance_type_id) == ("myvm", "cluster", "blank", None)
        assert tx.clusters.get("cluster") is not None
        assert [(node.name, node.hostname) for node in tx.nodes.list()] == [("node1", "node1")]
    with store._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    store.close()


def test_a_site_gets_what_a_new_one_begins_with(old: str) -> None:
    with SqlStore(old).transaction() as tx:
        (pool,), (cluster,) = tx.of(MacPool).list(), tx.clusters.list()
        assert (pool.id, pool.default_pool, size(pool.ranges)) == (cluster.mac_pool_id, True, 1 << 16)
        assert pool.ranges[0].from_.startswith("56:6f:")
        assert sorted(tx.of(InstanceType).list(), key=lambda one: one.memory_bytes) == list(FIRST_ONES)


def test_where_a_storage_domain_is_stands_in_its_connection(old: str) -> None:
    with SqlStore(old).transaction() as tx:
        (domain,), (connection,) = tx.storage_domains.list(), tx.of(StorageConnection).list()
        assert (domain.id, domain.name, domain.data_center_id) == ("domain", "data", "dc")
        assert connection.id == domain.storage_connection_id
        options = ("backup-volfile-servers=node2:node3",)
        assert mount_spec(connection) == MountSpec(kind="glusterfs", source="node1:/data", options=options)


def test_every_network_is_in_each_cluster_for_what_it_was_used_for(old: str) -> None:
    with SqlStore(old).transaction() as tx:
        (network,), (link,), (cluster,) = tx.networks.list(), tx.of(ClusterNetwork).list(), tx.clusters.list()
        assert (network.bridge, network.usages) == ("ovirtmgmt", (NetworkUsage.VM,))
        assert (link.id, link.required, link.usages) == ("cluster/net", True, (NetworkUsage.DISPLAY,))
        assert (cluster.data_center_id, cluster.bios_type) == ("dc", BiosType.Q35_SEA_BIOS)
        assert tx.of(SchedulingPolicy).list() == [NO_BALANCING]
        assert cluster.scheduling_policy_id == NO_BALANCING.id


def test_what_a_task_held_in_the_clear_is_forgotten(old: str) -> None:
    with SqlStore(old).transaction() as tx:
        (task,) = tx.tasks.list()
    assert json.loads(task.inputs) == {"id": "node2", "claim_code": msgspec.to_builtins(FORGOTTEN)}


def test_a_broken_reference_takes_everything_back(old: str) -> None:
    engine = create_engine(old)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE vms SET template_id = 'nobody'")
    with pytest.raises(RuntimeError, match="broke references"):
        SqlStore(old)
    assert revision(engine) == before.REVISION
