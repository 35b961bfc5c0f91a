"""Two engines, each with its own database and nodes, and a storage domain that goes from one to the other."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ovirtsdk4 import services, types

from tests.unit.rest.server import Served, served

NAS = "nas:/srv/vms"
MIB = 1 << 20


class Engine:
    """One of two, with its own database and its own nodes."""

    def __init__(self, served: Served, system: services.SystemService) -> None:
        self.served = served
        self.system = system
        self.site: Any = served.world.shared
        self.site.exports |= {NAS}

    def domain(self, **more: Any) -> types.StorageDomain:
        return types.StorageDomain(
            type=types.StorageDomainType.DATA,
            host=types.Host(name="node1"),
            storage=types.HostStorage(type=types.StorageType.NFS, address="nas", path="/srv/vms"),
            **more,
        )

    def import_domain(self, **more: Any) -> types.StorageDomain:
        return self.system.storage_domains_service().add(self.domain(import_=True, **more))

    @property
    def attached(self) -> Any:
        centers = self.system.data_centers_service()
        return centers.data_center_service(centers.list()[0].id).storage_domains_service()

    def of(self, domain_id: str) -> Any:
        return self.system.storage_domains_service().storage_domain_service(domain_id)

    def let_go(self, domain_id: str) -> None:
        use = self.attached.storage_domain_service(domain_id)
        use.deactivate(async_=False)
        use.remove(async_=False)

    def profile(self) -> types.VnicProfile:
        return self.system.vnic_profiles_service().list()[0]

    def events(self, code: int) -> list[str]:
        return [one.description for one in self.system.events_service().list() if one.code == code]


def until(is_so: Callable[[], bool]) -> None:
    for _ in range(100):
        if is_so():
            return
        time.sleep(0.05)
    raise AssertionError("it never was so")


def add_vm(engine: Engine, domain: types.StorageDomain, name: str = "web", **more: Any) -> types.Vm:
    """With a disk on the domain and a NIC."""
    vms = engine.system.vms_service()
    vm = types.Vm(
        name=name,
        cluster=types.Cluster(name="Default"),
        template=types.Template(name=more.pop("template", "Blank")),
        memory=128 * MIB,
        nics=[types.Nic(name="nic1", vnic_profile=engine.profile())],
        **more,
    )
    made = vms.add(vm)
    service = vms.vm_service(made.id)
    disk = types.Disk(name=f"{name}-disk", format=types.DiskFormat.COW, provisioned_size=64 * MIB, sparse=True)
    disk.storage_domains = [types.StorageDomain(id=domain.id)]
    attachment = types.DiskAttachment(disk=disk, interface=types.DiskInterface.VIRTIO, bootable=True, active=True)
    service.disk_attachments_service().add(attachment)
    until(lambda: service.get().status == types.VmStatus.DOWN and is_whole(engine, service))
    return made


def is_whole(engine: Engine, service: Any) -> bool:
    disks = [
        engine.system.disks_service().disk_service(one.disk.id) for one in service.disk_attachments_service().list()
    ]
    return bool(disks) and all(disk.get().status == types.DiskStatus.OK for disk in disks)


def bring_over(first: Engine, second: Engine) -> None:
    """The other engine's nodes reach the same storage."""
    domain_id = first.site.domains[NAS]
    second.site.metadata[NAS] = first.site.metadata[NAS]
    second.site.ovfs[NAS] = dict(first.site.ovfs.get(NAS, {}))
    second.site.images |= {ref: one for ref, one in first.site.images.items() if ref.storage_domain == domain_id}
    second.site.domains[NAS] = domain_id


def a_domain(first: Engine) -> types.StorageDomain:
    made = first.system.storage_domains_service().add(first.domain(name="vms"))
    first.attached.add(types.StorageDomain(id=made.id))
    return made


def taken_over(first: Engine, second: Engine, domain_id: str) -> Any:
    """Detached there, imported and attached here; its service here."""
    first.let_go(domain_id)
    bring_over(first, second)
    imported = second.import_domain()
    assert (imported.id, imported.name, imported.status) == (domain_id, "vms", types.StorageDomainStatus.UNATTACHED)
    second.attached.add(types.StorageDomain(id=imported.id))
    return second.of(domain_id)


@contextmanager
def an_engine(folder: Path) -> Iterator[Engine]:
    folder.mkdir()
    with served(folder) as there, there.connection() as connection:
        yield Engine(there, connection.system_service())
