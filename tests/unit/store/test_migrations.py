"""A database from before is brought to the newest form with all that is in it."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine

from hosted_engine.engine.instancetypes.entity import FIRST_ONES
from hosted_engine.engine.instancetypes.model import InstanceType
from hosted_engine.engine.macpools.pool import MacPool
from hosted_engine.engine.macpools.ranges import size
from hosted_engine.store.migrate import revision
from hosted_engine.store.store import SqlStore
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


def test_a_broken_reference_takes_everything_back(old: str) -> None:
    engine = create_engine(old)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE vms SET template_id = 'nobody'")
    with pytest.raises(RuntimeError, match="broke references"):
        SqlStore(old)
    assert revision(engine) == before.REVISION
