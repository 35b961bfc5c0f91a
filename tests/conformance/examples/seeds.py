"""Makes what examples expect to be there: through the API where it can, else in the database of a local site."""

import json
import time
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import ovirtsdk4 as sdk
from ovirtsdk4 import types

from tests.conformance.examples.case import Blocked, Fixture, Site
from tests.conformance.examples.state import Row, State

GIB = 1 << 30
MADE_WITHIN_S = 30.0
TEMPLATE = "tiny"
_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJJ4hAUAaM0V3J0M3Q8Zg0X0u2yqf6lVtq8cRZkq0L8d"


def renamed(table: str, old: str, new: str) -> Fixture:
    def fixture(site: Site) -> None:
        site.execute(f"UPDATE {table} SET name = ? WHERE name = ?", new, old)

    fixture.__name__ = f"{table}_{new}"
    return fixture


my_data_center = renamed("data_centers", "Default", "mydc")
my_cluster = renamed("clusters", "Default", "mycluster")
my_host = renamed("nodes", "node1", "myhost")
my_template = renamed("templates", "tiny", "mytemplate")


def my_storage(name: str = "mydata") -> Fixture:
    return renamed("storage_domains", "data", name)


def copied(site: Site, table: str, row: Row, **changed: object) -> str:
    """Add a row like `row` with another id; answers the id."""
    new = {**row, "id": str(uuid.uuid4()), **changed}
    columns = ", ".join(f'"{name}"' for name in new)
    values = [json.dumps(value) if isinstance(value, list | dict) else value for value in new.values()]
    site.execute(f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * len(new))})", *values)
    return str(new["id"])


def my_network(site: Site) -> None:
    """A network `mynetwork` beside the management network, with a vNIC profile of the same name."""
    state = site.state()
    network = copied(site, "networks", state.rows("networks")[0], name="mynetwork", bridge="mynetwork")
    copied(site, "vnic_profiles", state.rows("vnic_profiles")[0], name="mynetwork", network_id=network)


def my_network_in_cluster(site: Site) -> None:
    """`mynetwork`, for VMs of the cluster."""
    my_network(site)
    state = site.state()
    network = state.one("networks", name="mynetwork")["id"]
    copied(site, "cluster_networks", state.rows("cluster_networks")[0], network_id=network, usages=[])


def host_to_leave(site: Site) -> None:
    """`myhost`, and an engine that knows of the storage, without which no host may go into maintenance."""
    my_host(site)
    site.await_storage()


def machine(*names: str) -> Fixture:
    """One that belongs to no site, reached by these names."""

    def fixture(site: Site) -> None:
        site.add_machine(4, *names)

    fixture.__name__ = f"machine_{'_'.join(names)}"
    return fixture


def spare_host(site: Site) -> None:
    """`myhost`, which came later and has no bricks."""
    site.add_machine(4, "10.0.0.4")
    with site.connection() as connection:
        hosts = connection.system_service().hosts_service()
        hosts.add(types.Host(name="myhost", address="10.0.0.4", root_password="secret"))
        until(lambda: hosts.list(search="name=myhost")[0].status == types.HostStatus.UP)
    site.await_storage()


def slow_host(site: Site) -> None:
    """`myhost`, which takes its time: some clients do not see what is over before they look."""
    spare_host(site)
    site.slow_down(0.2)


def network(name: str) -> Fixture:
    return copy_of_first("networks", name, bridge=name)


NO_ID = "00000000-0000-0000-0000-000000000000"  # what Ansible's documentation writes where the reader has an id


def copy_of_first(table: str, name: str, **changed: object) -> Fixture:
    """Another row like the first one of that table, under that name."""

    def fixture(site: Site) -> None:
        copied(site, table, site.state().rows(table)[0], name=name, **changed)

    fixture.__name__ = f"{table}_{name}"
    return fixture


def second_cluster(site: Site) -> None:
    copied(site, "clusters", site.state().rows("clusters")[0], name="mycluster")


def user(name: str, first_name: str) -> Fixture:
    def fixture(site: Site) -> None:
        domain = name.partition("@")[2]
        row = site.state().rows("users")[0]
        copied(site, "users", row, name=name, first_name=first_name, domain=domain, domain_entry_id=name)

    fixture.__name__ = f"user_{name}"
    return fixture


def ssh_key(user: str) -> Fixture:
    def fixture(site: Site) -> None:
        identity = site.state().one("users", name=user)["id"]
        values = str(uuid.uuid4()), identity, _KEY
        site.execute("INSERT INTO ssh_public_keys (id, user_id, content) VALUES (?, ?, ?)", *values)

    fixture.__name__ = f"ssh_key_of_{user}"
    return fixture


def domain(name: str, *, users: Iterable[str] = (), groups: Iterable[str] = ()) -> Fixture:
    """A domain with its own accounts and groups, as if the command line in the engine's VM had made them."""

    def fixture(site: Site) -> None:
        state = site.state()
        identity = name.encode().hex().upper()
        if not state.rows("domains", name=name):
            site.execute("INSERT INTO domains (id, name, kind) VALUES (?, ?, 'internal')", identity, name)
        for principal in users:
            copied(site, "accounts", state.rows("accounts")[0], name=principal, domain_id=identity)
        for group in groups:
            values = str(uuid.uuid4()), group, identity
            site.execute("INSERT INTO account_groups (id, name, domain_id) VALUES (?, ?, ?)", *values)

    fixture.__name__ = f"domain_{name}"
    return fixture


def directory(name: str, base_dn: str, *groups: str) -> Fixture:
    """A domain whose users and groups are in a directory of LDAP."""

    def fixture(site: Site) -> None:
        site.fill_directory(name, base_dn, groups)

    fixture.__name__ = f"directory_{name}"
    return fixture


def group(name: str, authz: str) -> Fixture:
    def fixture(site: Site) -> None:
        row = site.state().one("groups", name="Everyone")
        copied(site, "groups", row, name=name, domain=authz, domain_entry_id=name)

    fixture.__name__ = f"group_{name}"
    return fixture


def permission(role: str, user: str, table: str, name: str) -> Fixture:
    """`user` has the role on the object of that name."""

    def fixture(site: Site) -> None:
        state = site.state()
        site.execute(
            "INSERT INTO permissions (id, role_id, holder_id, object_table, object_id) VALUES (?, ?, ?, ?, ?)",
            str(uuid.uuid4()),
            state.one("roles", name=role)["id"],
            state.one("users", name=user)["id"],
            table,
            state.one(table, name=name)["id"],
        )

    fixture.__name__ = f"permission_{role}"
    return fixture


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


def many(make: Callable[[str], Fixture], *names: str) -> Fixture:
    def fixture(site: Site) -> None:
        for name in names:
            make(name)(site)

    fixture.__name__ = f"{'_'.join(names)}"
    return fixture


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


def disk_of_vm(name: str = "mydisk", vm: str = "myvm", *, id: str = "") -> Fixture:
    """One with an `id` of its own is there before it is attached."""

    def attach(connection: sdk.Connection, service: Any) -> None:
        disks = connection.system_service().disks_service()
        disk = types.Disk(
            id=id or None,
            name=name,
            provisioned_size=GIB,
            format=types.DiskFormat.COW,
            storage_domains=[types.StorageDomain(id=_data(connection).id)],
        )
        if id:
            disks.add(disk)
            until(lambda: disks.disk_service(id).get().status == types.DiskStatus.OK)
            disk = types.Disk(id=id)
        attachment = types.DiskAttachment(disk=disk, interface=types.DiskInterface.VIRTIO, bootable=False, active=True)
        made = disks.disk_service(service.disk_attachments_service().add(attachment).disk.id)
        until(lambda: made.get().status == types.DiskStatus.OK)

    return on_vm(attach, vm)


def disk(name: str, description: str = "", *, id: str = "") -> Fixture:
    """A disk that is attached to nothing."""

    def fixture(site: Site) -> None:
        with site.connection() as connection:
            disks = connection.system_service().disks_service()
            wanted = types.Disk(
                id=id or None,
                name=name,
                description=description,
                provisioned_size=GIB,
                format=types.DiskFormat.COW,
                storage_domains=[types.StorageDomain(id=_data(connection).id)],
            )
            service = disks.disk_service(disks.add(wanted).id)
            until(lambda: service.get().status == types.DiskStatus.OK)

    fixture.__name__ = f"disk_{name}"
    return fixture


def disc(name: str) -> Fixture:
    """A disk for the drives of VMs."""

    def fixture(site: Site) -> None:
        with site.connection() as connection:
            disks = connection.system_service().disks_service()
            wanted = types.Disk(
                name=name,
                provisioned_size=GIB,
                format=types.DiskFormat.RAW,
                content_type=types.DiskContentType.ISO,
                storage_domains=[types.StorageDomain(id=_data(connection).id)],
            )
            service = disks.disk_service(disks.add(wanted).id)
            until(lambda: service.get().status == types.DiskStatus.OK)

    fixture.__name__ = f"disc_{name}"
    return fixture


def filled_disk(name: str) -> Fixture:
    """That disk has a content, as if a VM had written it."""

    def fixture(site: Site) -> None:
        site.fill_image(site.state().one("disks", name=name)["id"])

    fixture.__name__ = f"content_of_{name}"
    return fixture


def zeros_on(name: str) -> Fixture:
    def fixture(site: Site) -> None:
        site.write_zeros(site.state().one("disks", name=name)["id"])

    fixture.__name__ = f"zeros_on_{name}"
    return fixture


def begun_upload(name: str) -> Fixture:
    """An upload to that disk waits for its client."""

    def fixture(site: Site) -> None:
        disk = types.Disk(id=site.state().one("disks", name=name)["id"])
        with site.connection() as connection:
            transfers = connection.system_service().image_transfers_service()
            made = transfers.add(types.ImageTransfer(disk=disk, direction=types.ImageTransferDirection.UPLOAD))
            service = transfers.image_transfer_service(made.id)
            until(lambda: service.get().phase == types.ImageTransferPhase.TRANSFERRING)

    fixture.__name__ = f"upload_to_{name}"
    return fixture


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


def added(collection: str, make: Callable[[], Any]) -> Fixture:
    """An object of a collection below the root, made through the API: `added("tags", lambda: types.Tag(…))`."""

    def fixture(site: Site) -> None:
        with site.connection() as connection:
            getattr(connection.system_service(), f"{collection}_service")().add(make())

    fixture.__name__ = collection
    return fixture


my_tag = added("tags", lambda: types.Tag(name="mytag", description="My custom tag"))
my_label = added("affinity_labels", lambda: types.AffinityLabel(name="my_affinity_label"))


def _tag(connection: sdk.Connection, service: Any) -> None:
    service.tags_service().add(types.Tag(name="mytag"))


def _label(connection: sdk.Connection, service: Any) -> None:
    labels = connection.system_service().affinity_labels_service()
    labels.label_service(labels.list()[0].id).vms_service().add(types.Vm(id=service.get().id))


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
tagged = on_vm(_tag, "myvm0")
labelled = on_vm(_label, "myvm0")
snapshot = snapshot_of("myvm", "mysnap")
numa_nodes = on_vm(_numa_nodes)


def unattached(name: str) -> Fixture:
    """A storage domain that belongs to no data center."""

    def fixture(site: Site) -> None:
        with site.connection() as connection:
            add_domain(connection, name)

    fixture.__name__ = name
    return fixture


def add_domain(connection: sdk.Connection, name: str) -> types.StorageDomain:
    system = connection.system_service()
    wanted = types.StorageDomain(
        name=name,
        type=types.StorageDomainType.DATA,
        host=types.Host(id=system.hosts_service().list()[0].id),
        storage=types.HostStorage(type=types.StorageType.NFS, address="nas", path=f"/srv/{name}"),
    )
    return system.storage_domains_service().add(wanted)


def never(why: str) -> Fixture:
    """What a case needs cannot be here."""

    def fixture(site: Site) -> None:
        raise Blocked(why)

    return fixture


def attached(name: str = "mydata") -> Fixture:
    """A second storage domain of the data center, which is active."""

    def fixture(site: Site) -> None:
        with site.connection() as connection:
            centers = connection.system_service().data_centers_service()
            domains = centers.data_center_service(centers.list()[0].id).storage_domains_service()
            domains.add(types.StorageDomain(id=add_domain(connection, name).id))

    fixture.__name__ = name
    return fixture


def storage_connection(id: str) -> Fixture:
    """That no domain uses."""

    def fixture(site: Site) -> None:
        row = site.state().rows("storage_connections")[0]
        copied(site, "storage_connections", row, type="nfs", vfs_type="", address="nas", path="/srv", id=id)

    return fixture


def version_three(site: Site) -> None:
    row = site.state().one("templates", name="mytemplate")
    site.execute("UPDATE templates SET version_number = 3, base_template_id = ? WHERE id = ?", row["id"], row["id"])


def _without_console(connection: sdk.Connection, service: Any) -> None:
    consoles = service.graphics_consoles_service()
    for console in consoles.list():
        consoles.console_service(console.id).remove()


without_console = on_vm(_without_console)


def tag(name: str, *owners: tuple[str, str]) -> Fixture:
    """With the objects, by collection (`vms`, `hosts`) and name, that have it."""

    def fixture(site: Site) -> None:
        with site.connection() as connection:
            system = connection.system_service()
            system.tags_service().add(types.Tag(name=name))
            for collection, owner in owners:
                _service(system, collection, owner).tags_service().add(types.Tag(name=name))

    fixture.__name__ = f"tag_{name}"
    return fixture


def label(name: str, *owners: tuple[str, str]) -> Fixture:
    def fixture(site: Site) -> None:
        with site.connection() as connection:
            system = connection.system_service()
            made = system.affinity_labels_service().add(types.AffinityLabel(name=name))
            service = system.affinity_labels_service().label_service(made.id)
            for collection, owner in owners:
                if collection == "vms":
                    service.vms_service().add(types.Vm(id=_service(system, collection, owner).get().id))
                else:
                    service.hosts_service().add(types.Host(id=_service(system, collection, owner).get().id))

    fixture.__name__ = f"affinity_label_{name}"
    return fixture


def _service(system: Any, collection: str, name: str) -> Any:
    services = getattr(system, f"{collection}_service")()
    return services.service(services.list(search=f"name={name}")[0].id)


mac_pool = added(
    "mac_pools",
    lambda: types.MacPool(name="mymacpool", ranges=[types.Range(from_="02:00:00:00:00:00", to="02:00:00:01:00:00")]),
)
instance_type = added("instance_types", lambda: types.InstanceType(name="myit"))


def job(site: Site) -> None:
    """`job_name`, a client's own, with two steps that still run."""
    with site.connection() as connection:
        jobs = connection.system_service().jobs_service()
        steps = jobs.job_service(jobs.add(types.Job(description="job_name")).id).steps_service()
        for letter in "AB":
            steps.add(types.Step(description=f"step_name_{letter}", type=types.StepEnum.UNKNOWN))


def event(id: int) -> Fixture:
    """Some event, with that number."""

    def fixture(site: Site) -> None:
        site.execute("UPDATE events SET id = ? WHERE id = (SELECT max(id) FROM events)", id)

    fixture.__name__ = f"event_{id}"
    return fixture


def set_in(table: str, name: str, **values: object) -> Fixture:
    """Give the row of that name these values."""

    def fixture(site: Site) -> None:
        for column, value in values.items():
            site.execute(f"UPDATE {table} SET {column} = ? WHERE name = ?", value, name)

    fixture.__name__ = f"{table}_{name}"
    return fixture


def vm_pool(name: str) -> Fixture:
    """A stateless pool of one VM."""

    def fixture(site: Site) -> None:
        with site.connection() as connection:
            system = connection.system_service()
            template = next(one for one in system.templates_service().list() if one.name != "Blank")
            cluster = types.Cluster(id=system.clusters_service().list()[0].id)
            pool = types.VmPool(name=name, cluster=cluster, template=types.Template(id=template.id), size=1)
            system.vm_pools_service().add(pool, query={"async": "false"})

    fixture.__name__ = f"vm_pool_{name}"
    return fixture


def pool_in_use(name: str) -> Fixture:
    """Somebody has its VM, which runs."""

    def fixture(site: Site) -> None:
        with site.connection() as connection:
            pools = connection.system_service().vm_pools_service()
            pools.pool_service(pools.list(search=f"name={name}")[0].id).allocate_vm(async_=False)

    fixture.__name__ = f"vm_pool_{name}_in_use"
    return fixture


def pool_with_no_id(site: Site) -> None:
    copied(site, "vm_pools", site.state().one("vm_pools", name="old"), name="old-copy", id=NO_ID)


def profile(name: str, network: str) -> Fixture:
    def fixture(site: Site) -> None:
        state = site.state()
        owner = state.one("networks", name=network)["id"]
        copied(site, "vnic_profiles", state.rows("vnic_profiles")[0], name=name, network_id=owner)

    fixture.__name__ = f"vnic_profile_{name}"
    return fixture


def empty_data_center(name: str) -> Fixture:
    return copy_of_first("data_centers", name)


def data_center_of(host: str, name: str, *, id: str = "", local: int = 0) -> Fixture:
    """A data center of its own for that host, with a cluster and a management network."""

    def fixture(site: Site) -> None:
        state = site.state()
        own = {"id": id} if id else {}
        center = copied(site, "data_centers", state.rows("data_centers")[0], name=name, local=local, **own)
        cluster = copied(site, "clusters", state.rows("clusters")[0], name=f"{name}-cluster", data_center_id=center)
        network = copied(site, "networks", state.rows("networks")[0], data_center_id=center)
        used = state.rows("cluster_networks")[0]
        copied(site, "cluster_networks", used, cluster_id=cluster, network_id=network)
        site.execute("UPDATE nodes SET cluster_id = ? WHERE name = ?", cluster, host)

    fixture.__name__ = f"data_center_{name}"
    return fixture


def with_no_id(table: str, name: str) -> Fixture:
    """Give the row of that name the id that the documentation writes."""

    def fixture(site: Site) -> None:
        site.execute(f"UPDATE {table} SET id = ? WHERE name = ?", NO_ID, name)

    fixture.__name__ = f"{table}_with_the_id_of_the_documentation"
    return fixture


def copied_vm(name: str, id: str) -> Fixture:
    def fixture(site: Site) -> None:
        copied(site, "vms", site.state().one("vms", name=name), name=f"{name}-copy", id=id)

    return fixture


def unplugged(nic: str) -> Fixture:
    def fixture(site: Site) -> None:
        site.execute("UPDATE nics SET plugged = 0 WHERE name = ?", nic)

    return fixture


def attached_with_no_id(site: Site) -> None:
    """A second disk of the VM that has the disk `old`."""
    state = site.state()
    old = state.one("disks", name="old")
    copied(site, "disks", old, name="old-copy", id=NO_ID)
    copied(site, "disk_attachments", state.one("disk_attachments", disk_id=old["id"]), disk_id=NO_ID, bootable=0)


def template_with_no_id(site: Site) -> None:
    """That id belongs to the Blank template, which may not be renamed."""
    raise Blocked("the documentation's id is that of the Blank template")


def host_with_no_id(site: Site) -> None:
    row = site.state().one("nodes", name="node1")
    copied(site, "nodes", row, name="old", id=NO_ID, host_id=99, address="192.0.2.99")


def vm_id(state: State, name: str = "myvm") -> str:
    return str(state.one("vms", name=name)["id"])


def _data(connection: sdk.Connection) -> Any:
    """The storage domain for disks, whatever its name is by now: not the engine's."""
    domains = connection.system_service().storage_domains_service().list()
    return next(domain for domain in domains if domain.name not in ("engine", "hosted_storage"))


def until(done: Callable[[], bool]) -> None:
    until = time.monotonic() + MADE_WITHIN_S
    while not done():
        if time.monotonic() > until:
            raise sdk.Error("it was not made in time")
        time.sleep(0.02)
