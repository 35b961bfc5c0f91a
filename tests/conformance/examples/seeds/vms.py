"""VMs, what they have and what was done to them."""

from collections.abc import Callable
from typing import Any

import ovirtsdk4 as sdk
from ovirtsdk4 import types

from tests.conformance.examples.case import Fixture, Site
from tests.conformance.examples.seeds.rows import copied, until
from tests.conformance.examples.seeds.templates import TEMPLATE
from tests.conformance.examples.state import State


def vm(name: str = "myvm", template: str = TEMPLATE) -> Fixture:
    """A VM that is down, in the first cluster, from the first template whose name is not Blank."""

    def fixture(site: Site) -> None:
        with site.connection() as connection:
            system = connection.system_service()
            cluster = system.clusters_service().list()[0]
            templates = system.templates_service().list()
            source = next(one for one in templates if (one.name == "Blank") is (template == "Blank"))
            wanted = types.Vm(name=name, cluster=types.Cluster(id=cluster.id), template=types.Template(id=source.id))
            service = system.vms_service().vm_service(system.vms_service().add(wanted).id)
            until(lambda: service.get().status == types.VmStatus.DOWN)

    fixture.__name__ = f"VM_{name}"
    return fixture


my_vm = vm()


def on_vm(act: Callable[[sdk.Connection, Any], None], name: str = "myvm") -> Fixture:
    """Do something to that VM; `act` is given the connection and the VM's service."""

    def fixture(site: Site) -> None:
        with site.connection() as connection:
            vms = connection.system_service().vms_service()
            act(connection, vms.vm_service(vms.list(search=f"name={name}")[0].id))

    fixture.__name__ = getattr(act, "__name__", "VM")
    return fixture


def _start(connection: sdk.Connection, service: Any) -> None:
    service.start()
    until(lambda: service.get().status == types.VmStatus.UP)


started = on_vm(_start)


def guest_agents(site: Site) -> None:
    site.report_guests()


def nic_of_vm(name: str, mac: str = "", nic: str = "nic1") -> Fixture:
    """With `mac` set to an address that the API would not give twice."""

    def add(connection: sdk.Connection, service: Any) -> None:
        profile = connection.system_service().vnic_profiles_service().list()[0]
        service.nics_service().add(types.Nic(name=nic, vnic_profile=types.VnicProfile(id=profile.id)))

    def fixture(site: Site) -> None:
        on_vm(add, name)(site)
        if mac:
            row = site.state().one("nics", owner_id=vm_id(site.state(), name))
            site.execute("UPDATE nics SET mac = ? WHERE id = ?", mac, row["id"])

    return fixture


def snapshot_of(vm: str, description: str) -> Fixture:
    def take(connection: sdk.Connection, service: Any) -> None:
        snapshots = service.snapshots_service()
        made = snapshots.snapshot_service(snapshots.add(types.Snapshot(description=description)).id)
        until(lambda: made.get().snapshot_status == types.SnapshotStatus.OK)

    return on_vm(take, vm)


def inserted(disc: str, vm: str = "myvm") -> Fixture:
    """The disc is in the drive of the VM."""

    def put(connection: sdk.Connection, service: Any) -> None:
        disks = connection.system_service().disks_service().list(search=f"name={disc}")
        cdroms = service.cdroms_service()
        cdroms.cdrom_service(cdroms.list()[0].id).update(types.Cdrom(file=types.File(id=disks[0].id)))

    return on_vm(put, vm)


def aged(snapshot: str, days: int) -> Fixture:
    def fixture(site: Site) -> None:
        site.execute("UPDATE snapshots SET taken_at = taken_at - ? WHERE description = ?", days * 86400, snapshot)

    return fixture


def _numa_nodes(connection: sdk.Connection, service: Any) -> None:
    for index in range(2):
        cpu = types.Cpu(cores=[types.Core(index=index)])
        service.numa_nodes_service().add(types.VirtualNumaNode(index=index, memory=32, cpu=cpu))


def _backup(connection: sdk.Connection, service: Any) -> None:
    """A whole one of every disk, which leaves a checkpoint."""
    disks = [types.Disk(id=one.disk.id) for one in service.disk_attachments_service().list()]
    backups = service.backups_service()
    backup = backups.backup_service(backups.add(types.Backup(disks=disks)).id)
    until(lambda: backup.get().phase == types.BackupPhase.READY)
    backup.finalize()
    until(lambda: backup.get().phase == types.BackupPhase.SUCCEEDED)


backed_up = on_vm(_backup)

snapshot = snapshot_of("myvm", "mysnap")

numa_nodes = on_vm(_numa_nodes)


def _without_console(connection: sdk.Connection, service: Any) -> None:
    consoles = service.graphics_consoles_service()
    for console in consoles.list():
        consoles.console_service(console.id).remove()


without_console = on_vm(_without_console)


def copied_vm(name: str, id: str) -> Fixture:
    def fixture(site: Site) -> None:
        copied(site, "vms", site.state().one("vms", name=name), name=f"{name}-copy", id=id)

    return fixture


def unplugged(nic: str) -> Fixture:
    def fixture(site: Site) -> None:
        site.execute("UPDATE nics SET plugged = 0 WHERE name = ?", nic)

    return fixture


def vm_id(state: State, name: str = "myvm") -> str:
    return str(state.one("vms", name=name)["id"])
