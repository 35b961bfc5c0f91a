"""Storage domains and connections through the unmodified SDK: made, attached, used, let go, removed."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services, types

from node.api.problems import Failed
from tests.fakes.engine import DATA_ID, TINY_ID, node_id
from tests.unit.rest.server import Served, served

Status = types.StorageDomainStatus
NFS = {"type": types.StorageType.NFS, "address": "nas", "path": "/srv/vms"}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as there:
        shared(there).exports |= {"nas:/srv/vms", "nas:/srv/more", "/dev/vdb", "/vms"}
        yield there


@pytest.fixture
def system(engine: Served) -> Iterator[services.SystemService]:
    with engine.connection() as connection:
        yield connection.system_service()


def shared(engine: Served) -> Any:
    return engine.world.shared


def domain(name: str = "vms", host: str = "node1", **storage: Any) -> types.StorageDomain:
    return types.StorageDomain(
        name=name,
        type=types.StorageDomainType.DATA,
        host=types.Host(name=host),
        storage=types.HostStorage(**{**NFS, **storage}),
    )


def attached(system: services.SystemService) -> services.AttachedStorageDomainsService:
    centers = system.data_centers_service()
    return centers.data_center_service(centers.list()[0].id).storage_domains_service()


def in_use(system: services.SystemService, made: types.StorageDomain) -> services.AttachedStorageDomainService:
    there = attached(system)
    there.add(types.StorageDomain(id=made.id))
    return there.storage_domain_service(made.id)


def test_a_domain_comes_into_being_and_goes(system: services.SystemService, engine: Served) -> None:
    made = system.storage_domains_service().add(domain(nfs_version=types.NfsVersion.V4_2, mount_options="noatime"))
    service = system.storage_domains_service().storage_domain_service(made.id)
    assert service.get().status == Status.UNATTACHED
    assert (service.get().storage.address, service.get().storage.path) == ("nas", "/srv/vms")
    assert shared(engine).metadata["nas:/srv/vms"].name == "vms"
    nodes = list(engine.world.nodes.values())
    assert not any(made.id in node.storage.mounted for node in nodes)

    use = in_use(system, made)
    assert use.get().status == Status.ACTIVE
    assert all(made.id in node.storage.mounted for node in nodes)
    spec = nodes[0].storage.mounted[made.id].spec
    assert (spec.kind, spec.options) == ("nfs", ("nfsvers=4.2", "noatime"))
    disk = types.Disk(name="d", format=types.DiskFormat.COW, provisioned_size=1 << 30, storage_domains=[made])
    disk.storage_domains = [types.StorageDomain(name="vms")]
    assert system.disks_service().add(disk).storage_domains[0].id == made.id

    use.deactivate(async_=False)
    assert use.get().status == Status.MAINTENANCE
    assert not any(made.id in node.storage.mounted for node in nodes)
    assert [one.name for one in shared(engine).metadata["nas:/srv/vms"].disks] == ["d"]
    use.activate(async_=False)
    assert use.get().status == Status.ACTIVE
    use.deactivate(async_=False)
    use.remove(async_=False)
    assert service.get().status == Status.UNATTACHED
    assert shared(engine).metadata["nas:/srv/vms"].data_center_id == ""
    service.remove(host="node2", format=True, async_=False)
    assert [one.name for one in system.storage_domains_service().list()] == ["data", "engine"]
    assert "nas:/srv/vms" not in shared(engine).metadata
    assert len(system.storage_connections_service().list()) == 2
    codes = [event.code for event in system.events_service().list() if event.code in (956, 962, 966, 968, 964, 960)]
    assert codes == [960, 964, 968, 966, 968, 962, 956]


@pytest.mark.parametrize(
    ("given", "code", "match"),
    [
        ({"type": types.StorageType.ISCSI}, 501, "iscsi as storage_domain.storage.type"),
        ({"type": types.StorageType.POSIXFS}, 400, "storage_domain.storage.vfs_type"),
        ({"path": "srv"}, 400, "storage_domain.storage.path.*slash"),
        ({"address": ""}, 400, "storage_domain.storage.address"),
        ({"type": types.StorageType.LOCALFS}, 400, "storage_domain.storage.address.*has none"),
        ({"type": types.StorageType.GLUSTERFS, "path": "/"}, 400, "names no Gluster volume"),
        ({"vfs_type": "nfs4"}, 400, "storage_domain.storage.vfs_type"),
        ({"nfs_version": types.NfsVersion.V3}, 501, "v3 as storage_domain.storage.nfs_version.*NFS 4"),
        ({"path": "/srv/nothing"}, 500, "Cannot mount storage domain"),
        ({"host": "node9"}, 404, "no host has the name node9"),
        ({"type": types.StorageType.GLUSTERFS, "address": "node1", "path": "/data"}, 409, "data is there already"),
    ],
    ids=str,
)
def test_storage_that_cannot_be_used_is_refused_by_name(
    system: services.SystemService, given: dict[str, Any], code: int, match: str
) -> None:
    with pytest.raises(sdk.Error, match=match) as caught:
        system.storage_domains_service().add(domain(**given))
    assert caught.value.code == code
    assert len(system.storage_domains_service().list()) == 2
    assert len(system.storage_connections_service().list()) == 2


def test_storage_of_somebody_else_is_not_taken(system: services.SystemService, engine: Served) -> None:
    made = system.storage_domains_service().add(domain())
    service = system.storage_domains_service().storage_domain_service(made.id)
    service.remove(host="node1", format=False, async_=False)
    with pytest.raises(sdk.Error, match=f"storage domain vms \\({made.id}\\) lies on it"):
        system.storage_domains_service().add(domain("other"))
    shared(engine).strangers["nas:/srv/more"] = ["mine.txt"]
    with pytest.raises(sdk.Error, match=r"it is not empty: mine\.txt"):
        system.storage_domains_service().add(domain("other", path="/srv/more"))
    known = {DATA_ID, engine_domain(system)}
    assert all(node.storage.mounted.keys() == known for node in engine.world.nodes.values())


def engine_domain(system: services.SystemService) -> str:
    return str(system.storage_domains_service().list(search="name=engine")[0].id)


def test_what_a_status_does_not_allow_is_a_conflict(system: services.SystemService) -> None:
    made = system.storage_domains_service().add(domain())
    service, use = system.storage_domains_service().storage_domain_service(made.id), in_use(system, made)
    for act, words in (
        (use.activate, "it is active"),
        (use.remove, "it is active"),
        (lambda: service.remove(host="node1"), "it is active"),
        (lambda: service.remove(destroy=True, async_=False), "it is active"),
        (lambda: attached(system).add(types.StorageDomain(name="vms")), "it is active"),
    ):
        with pytest.raises(sdk.Error, match=words) as caught:
            act()
        assert caught.value.code == 409
    use.deactivate(async_=False)
    with pytest.raises(sdk.Error, match="it is maintenance"):
        use.deactivate(async_=False)
    own = attached(system).storage_domain_service(engine_domain(system))
    with pytest.raises(sdk.Error, match="the engine's own VM runs from it"):
        own.deactivate(async_=False)


def test_a_domain_with_a_vm_that_runs_stays(system: services.SystemService) -> None:
    vm = types.Vm(name="web", cluster=types.Cluster(name="Default"), template=types.Template(id=TINY_ID))
    made = system.vms_service().add(vm)
    system.vms_service().vm_service(made.id).start()
    use = attached(system).storage_domain_service(DATA_ID)
    with pytest.raises(sdk.Error, match="these VMs run from it: web") as caught:
        use.deactivate(async_=False)
    assert caught.value.code == 409
    system.vms_service().vm_service(made.id).stop()
    use.deactivate(async_=False)
    assert use.get().status == Status.MAINTENANCE
    with pytest.raises(sdk.Error, match="storage domain data"):
        system.vms_service().vm_service(made.id).start()
    use.remove(async_=False)
    assert system.vms_service().list(search="name=web") == []
    attached(system).add(types.StorageDomain(id=DATA_ID))
    there = system.storage_domains_service().storage_domain_service(DATA_ID)
    assert [one.name for one in there.vms_service().list(unregistered=True)] == ["web"]
    there.templates_service().template_service(TINY_ID).register(async_=False)
    there.vms_service().vm_service(made.id).register(async_=False)
    system.vms_service().vm_service(made.id).start()


def test_the_master_moves_by_itself_and_on_demand(system: services.SystemService) -> None:
    made = system.storage_domains_service().add(domain())
    use, data = in_use(system, made), attached(system).storage_domain_service(DATA_ID)
    assert (data.get().master, use.get().master) == (True, False)
    data.deactivate(async_=False)
    assert (data.get().master, use.get().master) == (False, True)
    data.activate(async_=False)
    assert (data.get().master, use.get().master) == (False, True)
    centers = system.data_centers_service()
    center = centers.data_center_service(centers.list()[0].id)
    center.set_master(storage_domain=types.StorageDomain(id=DATA_ID))
    assert (data.get().master, use.get().master) == (True, False)
    with pytest.raises(sdk.Error, match="it is the master already") as caught:
        center.set_master(storage_domain=types.StorageDomain(id=DATA_ID))
    assert caught.value.code == 409
    with pytest.raises(sdk.Error, match=r"action\.storage_domain"):
        center.set_master()


def test_a_host_that_cannot_mount_it_is_told_of(system: services.SystemService, engine: Served) -> None:
    made = system.storage_domains_service().add(domain())
    engine.world.nodes[node_id(3)].fail("mount", Failed(), times=50)
    assert in_use(system, made).get().status == Status.ACTIVE
    (event,) = [one for one in system.events_service().list() if one.code == 996]
    assert event.description.startswith("Host node3 cannot mount storage domain vms")


def test_a_lost_domain_is_forgotten_without_asking_anybody(system: services.SystemService, engine: Served) -> None:
    made = system.storage_domains_service().add(domain())
    use = in_use(system, made)
    use.deactivate(async_=False)
    shared(engine).exports.clear()
    system.storage_domains_service().storage_domain_service(made.id).remove(destroy=True, async_=False)
    assert [one.name for one in system.storage_domains_service().list()] == ["data", "engine"]


def test_connections_are_made_changed_and_removed(system: services.SystemService) -> None:
    connections = system.storage_connections_service()
    made = connections.add(types.StorageConnection(**NFS, nfs_retrans=3))
    with pytest.raises(sdk.Error, match="another storage connection has it") as caught:
        connections.add(types.StorageConnection(**NFS))
    assert caught.value.code == 409
    service = connections.storage_connection_service(made.id)
    assert service.update(types.StorageConnection(path="/srv/more")).path == "/srv/more"
    storage = types.HostStorage(id=made.id)
    new = types.StorageDomain(name="more", type=types.StorageDomainType.DATA, host=types.Host(name="node1"))
    new.storage = storage
    use = in_use(system, system.storage_domains_service().add(new))
    for act, words in (
        (lambda: service.update(types.StorageConnection(path="/srv/vms")), "storage domain more is active"),
        (service.remove, "it is used by storage domain more"),
    ):
        with pytest.raises(sdk.Error, match=words) as caught:
            act()
        assert caught.value.code == 409
    use.deactivate(async_=False)
    assert service.update(types.StorageConnection(mount_options="noatime")).mount_options == "noatime"
    other = connections.add(types.StorageConnection(type=types.StorageType.POSIXFS, path="/dev/vdb", vfs_type="xfs"))
    connections.storage_connection_service(other.id).remove()
    assert len(connections.list()) == 3


def test_a_domain_whose_storage_has_moved_is_led_over_another_connection(
    system: services.SystemService, engine: Served
) -> None:
    made = system.storage_domains_service().add(domain())
    use = in_use(system, made)
    mine = system.storage_domains_service().storage_domain_service(made.id).storage_connections_service()
    (before,) = mine.list()
    assert (before.address, before.path) == ("nas", "/srv/vms")
    other = system.storage_connections_service().add(types.StorageConnection(**{**NFS, "path": "/srv/more"}))
    with pytest.raises(sdk.Error, match="it is active") as caught:
        mine.add(types.StorageConnection(id=other.id))
    assert caught.value.code == 409
    use.deactivate(async_=False)
    with pytest.raises(sdk.Error, match="no storage domain lies there"):
        mine.add(types.StorageConnection(id=other.id), headers={"Expect": "201-created"})
    assert [one.id for one in mine.list()] == [before.id]
    site = shared(engine)
    site.metadata["nas:/srv/more"] = site.metadata["nas:/srv/vms"]
    mine.add(types.StorageConnection(id=other.id), headers={"Expect": "201-created"})
    assert [one.id for one in mine.list()] == [other.id]
    mine.add(types.StorageConnection(id=other.id))  # it is so already
    with pytest.raises(sdk.Error, match="it has no other one") as caught:
        mine.connection_service(other.id).remove()
    assert caught.value.code == 409
    with pytest.raises(sdk.NotFoundError):
        mine.connection_service(before.id).remove()
    use.activate(async_=False)
    assert all(node.storage.mounted[made.id].spec.source == "nas:/srv/more" for node in engine.world.nodes.values())
    system.storage_connections_service().storage_connection_service(before.id).remove()


def test_a_disk_is_moved_and_copied_to_another_domain(system: services.SystemService, engine: Served) -> None:
    other = system.storage_domains_service().add(domain())
    in_use(system, other)
    disks = system.disks_service()
    new = types.Disk(name="d", format=types.DiskFormat.RAW, provisioned_size=1 << 30, sparse=True)
    new.storage_domains = [types.StorageDomain(id=DATA_ID)]
    made = disks.add(new)
    service = disks.disk_service(made.id)
    until(lambda: service.get().status == types.DiskStatus.OK)
    service.move(storage_domain=types.StorageDomain(name="vms"), async_=False)
    moved = service.get()
    assert (moved.status, moved.storage_domains[0].id) == (types.DiskStatus.OK, other.id)
    assert [one.storage_domain for one in shared(engine).images if one.disk_id == made.id] == [other.id]
    with pytest.raises(sdk.Error, match="it is on storage domain vms already") as caught:
        service.move(storage_domain=types.StorageDomain(name="vms"))
    assert caught.value.code == 409
    with pytest.raises(sdk.Error, match=r"action\.storage_domain"):
        service.move()
    service.copy(storage_domain=types.StorageDomain(id=DATA_ID), disk=types.Disk(alias="copy"), async_=False)
    (copy,) = disks.list(search="name=copy")
    assert (copy.status, copy.storage_domains[0].id, copy.format) == (
        types.DiskStatus.OK,
        DATA_ID,
        types.DiskFormat.RAW,
    )
    codes = [event.code for event in system.events_service().list() if event.code in (2004, 2006, 2008, 2010)]
    assert codes == [2006, 2004, 2010, 2008]


def test_a_disk_that_is_used_or_stands_on_another_one_stays(system: services.SystemService) -> None:
    in_use(system, system.storage_domains_service().add(domain()))
    vm = types.Vm(name="web", cluster=types.Cluster(name="Default"), template=types.Template(id=TINY_ID))
    made = system.vms_service().add(vm)
    service = system.vms_service().vm_service(made.id)
    until(lambda: service.get().status == types.VmStatus.DOWN)
    (attachment,) = service.disk_attachments_service().list()
    disk, there = system.disks_service().disk_service(attachment.disk.id), types.StorageDomain(name="vms")
    with pytest.raises(sdk.Error, match="thin copy of a template's disk"):
        disk.move(storage_domain=there)
    service.start()
    until(lambda: service.get().status == types.VmStatus.UP)
    for act in (disk.move, disk.copy):
        with pytest.raises(sdk.Error, match="VM web") as caught:
            act(storage_domain=there)
        assert caught.value.code == 409
    with pytest.raises(sdk.Error, match="VM web") as caught:
        disk.sparsify()
    assert caught.value.code == 409


def test_a_sparsified_disk_takes_no_room_for_zeros(system: services.SystemService, engine: Served) -> None:
    disks = system.disks_service()
    new = types.Disk(name="d", format=types.DiskFormat.COW, provisioned_size=1 << 30, sparse=True)
    new.storage_domains = [types.StorageDomain(id=DATA_ID)]
    service = disks.disk_service(disks.add(new).id)
    until(lambda: service.get().status == types.DiskStatus.OK)
    before = service.get()
    site = shared(engine)
    (image,) = [one for one in site.images if one.disk_id == before.id]
    site.write(image, "something")
    site.write_zeros(image, 64 << 20)
    service.sparsify()
    until(lambda: service.get().status == types.DiskStatus.OK)
    (now,) = [one for one in site.images if one.disk_id == before.id]
    assert now.image_id == service.get().image_id != before.image_id
    assert service.get().actual_size == site.images[now].actual_size_bytes == before.actual_size
    assert site.read(now) == ("something",)
    thick = types.Disk(name="t", format=types.DiskFormat.RAW, provisioned_size=1 << 20, sparse=False)
    thick.storage_domains = new.storage_domains
    service = disks.disk_service(disks.add(thick).id)
    until(lambda: service.get().status == types.DiskStatus.OK)
    with pytest.raises(sdk.Error, match="it is preallocated") as caught:
        service.sparsify()
    assert caught.value.code == 409


def until(is_so: Callable[[], bool]) -> None:
    for _ in range(100):
        if is_so():
            return
        time.sleep(0.05)
    raise AssertionError("it never was so")
