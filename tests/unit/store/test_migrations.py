"""What an older Trivet has kept is there after an upgrade, in the new form."""

from pathlib import Path

from sqlalchemy import MetaData, Table, insert, text

from hosted_engine.engine.clusters.model import Cluster
from hosted_engine.engine.networks.model import ROLES, ClusterNetwork, Network, NetworkUsage, VnicProfile
from hosted_engine.engine.nodes.model import Node
from hosted_engine.engine.scheduler.entity import NO_BALANCING, SchedulingPolicy
from hosted_engine.engine.vms.model import BiosType
from hosted_engine.store.migrate import upgrade
from hosted_engine.store.store import SqlStore, _connect

FIRST_SITE: dict[str, dict[str, object]] = {
    "data_centers": {"id": "d", "name": "Default", "local": False, "status": "up"},
    "networks": {
        "id": "n",
        "name": "ovirtmgmt",
        "data_center_id": "d",
        "bridge": "ovirtmgmt",
        "mtu": 0,
        "stp": False,
        "port_isolation": False,
        "required": True,
        "status": "operational",
        "usages": '["default_route","display","gluster","management","migration","vm"]',
    },
    "vnic_profiles": {"id": "p", "name": "ovirtmgmt", "network_id": "n", "port_mirroring": False},
    "clusters": {
        "id": "c",
        "name": "Default",
        "cpu_architecture": "x86_64",
        "cpu_type": "",
        "data_center_id": "d",
        "management_network_id": "n",
        "gluster_service": True,
        "virt_service": True,
    },
    "nodes": {
        "id": "h",
        "name": "node1",
        "address": "192.0.2.11",
        "status": "up",
        "detail": "",
        "boot_id": "b",
        "cluster_id": "c",
        "host_id": 1,
        "port": 54321,
        "seen_at": 0.0,
    },
}


def test_clusters_and_networks_of_before_data_centers_could_be_added(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'engine.db'}"
    engine = _connect(url)
    upgrade(engine, "0004")
    with engine.begin() as connection:
        for name, row in FIRST_SITE.items():
            table = Table(name, MetaData(), autoload_with=connection)
            texts = {column.name: "" for column in table.columns if column.name in ("description", "comment")}
            connection.execute(insert(table).values(texts | row))
    engine.dispose()
    store = SqlStore(url)
    with store.transaction() as tx:
        assert tx.of(Cluster).get("c") == Cluster(
            id="c", name="Default", data_center_id="d", bios_type=BiosType.Q35_SEA_BIOS, gluster_service=True
        )
        assert tx.of(Network).list() == [
            Network(id="n", name="ovirtmgmt", data_center_id="d", bridge="ovirtmgmt", usages=(NetworkUsage.VM,))
        ]
        assert tx.of(ClusterNetwork).list() == [
            ClusterNetwork(id="c/n", cluster_id="c", network_id="n", usages=tuple(sorted(ROLES)))
        ]
        assert tx.of(VnicProfile).get("p") == VnicProfile(id="p", name="ovirtmgmt", network_id="n")
        assert tx.of(SchedulingPolicy).list() == [NO_BALANCING]
        assert [node.cluster_id for node in tx.of(Node).list()] == ["c"]
    with store._engine.connect() as connection:
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    store.close()
