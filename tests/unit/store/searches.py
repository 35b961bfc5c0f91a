"""A site in which there is something to be found, and what searches find in it: on every database the same."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hosted_engine.engine.disks.model import Disk, DiskAttachment, DiskStatus, attachment_id
from hosted_engine.engine.entities import ENTITIES
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.events.model import Event, Severity
from hosted_engine.engine.jobs.model import Job, JobStatus
from hosted_engine.engine.networks.model import Nic
from hosted_engine.engine.nodes.model import NodeStatus
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.search.model import Operator
from hosted_engine.engine.search.operands import operators
from hosted_engine.engine.search.terms import Kind
from hosted_engine.engine.search.vocabulary import relations_of, vocabulary_of
from hosted_engine.engine.tags.entity import Tag, TagAssignment
from hosted_engine.engine.users.model import User
from hosted_engine.engine.vms.model import BiosType, Vm, VmStatus, VmType
from hosted_engine.rest.call import Parameters
from hosted_engine.rest.entities.search import Asked, items
from node.api.messages.machine import Accelerator, Capabilities
from tests.fakes.engine import DATA_ID, TINY_ID, World, node_id

GIB = 1 << 30
MIB = 1 << 20
BY_TABLE = {entity.table: entity for entity in ENTITIES}


def id_of(number: int) -> str:
    return f"60000000-0000-4000-8000-{number:012d}"


@dataclass
class Site:
    """A Transaction at work, with what everything in it has in common."""

    tx: Transaction
    world: World

    def vm(self, number: int, name: str, **more: Any) -> None:
        base: Vm = self.tx.vms.list(name="HostedEngine")[0]
        given: dict[str, Any] = {
            "id": id_of(number),
            "name": name,
            "template_id": TINY_ID,
            "status": VmStatus.DOWN,
            "node_id": None,
        }
        given |= {"started_at": None, "description": "", "comment": "", "memory_bytes": GIB, "sockets": 1, "cores": 1}
        given |= {"origin": "ovirt", "created_at": self.world.now - 86_400 * number}
        self.tx.vms.add(replace(base, **{**given, **more}))

    def disk(self, number: int, vm: int, domain_id: str) -> None:
        disk_id = id_of(number)
        self.tx.disks.add(
            Disk(
                id=disk_id,
                name=f"disk{number}",
                storage_domain_id=domain_id,
                image_id=id_of(number + 500),
                provisioned_size_bytes=10 * GIB,
                status=DiskStatus.OK,
            )
        )
        owner = id_of(vm)
        self.tx.disk_attachments.add(DiskAttachment(id=attachment_id(owner, disk_id), owner_id=owner, disk_id=disk_id))

    def tag(self, number: int, name: str, parent: int | None = None, on: Sequence[str] = ()) -> None:
        self.tx.of(Tag).add(Tag(id=id_of(number), name=name, parent_id=id_of(parent) if parent else None))
        for owner in on:
            assigned = TagAssignment(id=f"{owner}/{id_of(number)}", tag_id=id_of(number), owner_id=owner)
            self.tx.of(TagAssignment).add(assigned)

    def event(self, severity: Severity, description: str, at: float, **about: Any) -> None:
        event = Event(name="X", code=900, severity=severity, description=description, at=at, **about)
        self.tx.events.add(event)


def furnish(world: World) -> None:
    with world.store.transaction() as tx:
        site = Site(tx, world)
        _machines(site)
        _around(site)
        _past(site)


def _machines(site: Site) -> None:
    now = site.world.now
    up = {"status": VmStatus.UP, "node_id": node_id(1)}
    site.vm(1, "web1", **up, started_at=now - 3600, memory_bytes=2 * GIB, description="Front of the shop")
    site.vm(2, "Web_2", **up | {"node_id": node_id(2)}, started_at=now - 90_000, sockets=2, cores=3)
    site.vm(3, "größe", type=VmType.DESKTOP, description="100% O'Brien's", stateless=True)
    site.vm(4, "ÄRGER", status=VmStatus.MIGRATING, node_id=node_id(1), bios_type=BiosType.Q35_OVMF)
    site.vm(5, "db.1", status=VmStatus.PAUSED, started_at=now - 60, os_type="rhel_9x64", memory_bytes=1536 * MIB)
    for number, vm, domain in ((11, 1, DATA_ID), (12, 1, _other(site)), (13, 5, DATA_ID)):
        site.disk(number, vm, domain)
    profile = site.tx.vnic_profiles.list()[0]
    nic = Nic(id=id_of(21), owner_id=id_of(1), name="nic1", mac="56:6f:00:00:00:01", vnic_profile_id=profile.id)
    site.tx.nics.add(nic)
    site.tx.nics.add(replace(nic, id=id_of(22), owner_id=id_of(2), mac="56:6f:00:00:00:02", vnic_profile_id=None))


def _other(site: Site) -> str:
    domain = site.tx.storage_domains.get(DATA_ID)
    assert domain is not None
    other = replace(domain, id=id_of(41), name="archive", size_bytes=100 * GIB, free_bytes=30 * GIB)
    site.tx.storage_domains.add(other)
    return other.id


def _around(site: Site) -> None:
    site.tag(31, "plant", on=(id_of(1), node_id(3)))
    site.tag(32, "line", parent=31, on=(id_of(2),))
    site.tag(33, "robot", parent=32, on=(id_of(3),))
    site.tag(34, "office", on=(id_of(1),))
    node = site.tx.nodes.get(node_id(3))
    assert node is not None
    site.tx.nodes.update(replace(node, status=NodeStatus.MAINTENANCE, comment="spare", capabilities=_capabilities()))
    site.tx.users.add(
        User(id=id_of(51), name="mary@internal-authz", domain="internal-authz", first_name="Mary", last_name="Poe")
    )


def _capabilities() -> Capabilities:
    return Capabilities(
        node_id=node_id(3),
        name="node3",
        version="1.2",
        api_version=1,
        os="o",
        kernel="k",
        libvirt="l",
        qemu="q",
        gluster="g",
        cpu_model="EPYC",
        cpu_sockets=2,
        cpu_cores=16,
        cpu_threads=2,
        memory_bytes=512 * GIB,
        accelerator=Accelerator.KVM,
    )


def _past(site: Site) -> None:
    now = site.world.now
    site.tx.events.forget(now + 1)
    site.event(Severity.NORMAL, "VM web1 started", now - 200_000, vm_id=id_of(1), user_id=id_of(51))
    site.event(Severity.WARNING, "Host node1 drifts", now - 100, node_id=node_id(1))
    site.event(Severity.ERROR, "VM Web_2 failed", now - 100, vm_id=id_of(2), node_id=node_id(2))
    site.event(Severity.ALERT, "Nothing is left", now, storage_domain_id=DATA_ID, correlation_id="mine")
    for number, status in ((61, JobStatus.FINISHED), (62, JobStatus.FAILED)):
        job = Job(id=id_of(number), action="X", description="Doing", correlation_id=f"job-{number}", started_at=number)
        site.tx.jobs.add(replace(job, status=status))


def found(world: World, table: str, text: str, **parameters: str) -> list[str]:
    """The names, or what stands for them."""
    asked = Asked(BY_TABLE[table], Parameters({"search": text, **parameters}), {}, world.now)
    with world.store.transaction() as tx:
        return [_name(item) for item in items(tx, asked, world.readings)]


def _name(item: Any) -> str:
    if isinstance(item, Event):
        return item.description
    return str(item.correlation_id if isinstance(item, Job) else getattr(item, "name", item.id))


def every_word() -> Iterator[tuple[str, str]]:
    """(table, search) with each word of each entity, compared with what it can be and sorted by, over relations one of
    each kind: whatever the database does not take would be an internal error."""
    values = {
        Kind.TEXT: ("x*", "null"),
        Kind.NUMBER: ("1", "1.5"),
        Kind.BOOLEAN: ("true",),
        Kind.DATE: ("Today",),
        Kind.WORD: (),
        Kind.ID: (id_of(1),),
        Kind.SPAN: ("1:00",),
    }
    for entity in ENTITIES:
        for name, word in vocabulary_of(entity).items():
            for value in (*values[word.kind], *word.spelled[:1]):
                for operator in sorted(operators(word) & {Operator.EQUAL, Operator.GREATER}):
                    yield entity.table, f"{name}{operator}{value}" if value != "null" else f"{name}=null"
            yield entity.table, f"sortby {name} desc"
        for name, relation in relations_of(entity).items():
            of_each_kind = {word.kind: field for field, word in vocabulary_of(entity_of(relation.table)).items()}
            for field in (*of_each_kind.values(), *relation.aliases):
                yield entity.table, f"sortby {name}.{field}"
            yield entity.table, f"{name}!=x"


VMS = ["HostedEngine", "Web_2", "db.1", "größe", "web1", "ÄRGER"]  # in the order in which they come by themselves

# (table, search, what is found, in its order)
CASES: Sequence[tuple[str, str, list[str]]] = (
    ("vms", "", VMS),
    ("vms", "Vms:", VMS),
    # texts
    ("vms", "name=web1", ["web1"]),
    ("vms", "name=WEB1", ["web1"]),
    ("vms", "name=web*", ["Web_2", "web1"]),
    ("vms", "name=web_*", ["Web_2"]),
    ("vms", "name=*1", ["db.1", "web1"]),
    ("vms", "name=d?.1", []),
    ("vms", "name=[dw]*", []),
    ("vms", "name=GRÖßE", ["größe"]),
    ("vms", "name=ärger", ["ÄRGER"]),
    ("vms", "name=ä*", ["ÄRGER"]),
    ("vms", "name=gro\u0308ße", ["größe"]),  # written otherwise
    ("vms", "name!=web*", ["HostedEngine", "db.1", "größe", "ÄRGER"]),
    ("vms", 'description="front of *"', ["web1"]),
    ("vms", 'description="100% o\'*"', ["größe"]),
    ("vms", r'description="*\\*"', []),
    ("vms", "description=null", ["Web_2", "db.1", "ÄRGER"]),
    ("vms", "description!=empty and name!=HostedEngine", ["größe", "web1"]),
    ("vms", 'description="empty"', []),
    ("vms", "eb", ["Web_2", "web1"]),
    ("vms", "shop", ["web1"]),
    ("vms", "eb shop", ["web1"]),
    ("vms", "node1", ["web1", "ÄRGER"]),  # in the name of the host, too
    ("vms", "default", VMS),
    # conditions together
    ("vms", "name=web* and status=up", ["Web_2", "web1"]),
    ("vms", "name=web1 or name=db.1 and status=down", ["web1"]),
    ("vms", "status=up memory>1024", ["web1"]),
    # enumerations, truth, ids
    ("vms", "status=UP", ["HostedEngine", "Web_2", "web1"]),
    ("vms", "status=MigratingFrom", ["ÄRGER"]),
    ("vms", "status=ImageIllegal", []),
    ("vms", "status!=up", ["db.1", "größe", "ÄRGER"]),
    ("vms", "type=desktop", ["größe"]),
    ("vms", "bios_type=Q35_OVMF", ["ÄRGER"]),
    ("vms", "os=rhel*", ["db.1"]),
    ("vms", "architecture=x86_64 and name=web1", ["web1"]),
    ("vms", "architecture=ppc64le", []),
    ("vms", "has_illegal_images=false and name=db.1", ["db.1"]),
    ("vms", "has_illegal_images=1", []),
    ("vms", "next_run_config_exists=false and name=db.1", ["db.1"]),
    ("vms", f"id={id_of(3)}", ["größe"]),
    ("vms", f"id={id_of(3).upper()}", ["größe"]),
    # numbers
    ("vms", "memory=2048", ["web1"]),
    ("vms", "memory>=1536 and memory<=2048", ["db.1", "web1"]),
    ("vms", "memory>1535.5 and memory<2047.5", ["db.1"]),
    ("vms", "memory!=1024", ["db.1", "web1"]),
    ("vms", "memory>99999999999999999999999999", []),
    ("vms", "memory<99999999999999999999999999 and name=web1", ["web1"]),
    ("vms", "vcpus=6", ["Web_2"]),
    ("vms", "vcpus>1.5 and name!=HostedEngine", ["Web_2"]),
    # times
    ("vms", "creationdate=Yesterday and name!=HostedEngine", ["web1"]),
    ("vms", "creationdate<2023-11-11", ["db.1", "ÄRGER"]),
    ("vms", "uptime>1.00:00:00", ["Web_2"]),
    ("vms", "uptime<=1:00:00 and name!=HostedEngine", ["web1"]),
    # other objects
    ("vms", "cluster=Default and name=web1", ["web1"]),
    ("vms", "Clusters.name=def* and name=web1", ["web1"]),
    ("vms", "datacenter=Default and name=web1", ["web1"]),
    ("vms", "datacenter.status=up and name=web1", ["web1"]),
    ("vms", "compatibility_level=4.7 and name=web1", ["web1"]),
    ("vms", "on_host=node1", ["web1", "ÄRGER"]),
    ("vms", "on_host!=node1", ["HostedEngine", "Web_2", "db.1", "größe"]),
    ("vms", "on_host=null", ["HostedEngine", "db.1", "größe"]),
    ("vms", "on_host!=null", ["Web_2", "web1", "ÄRGER"]),
    ("vms", "Hosts.status=up", ["Web_2", "web1", "ÄRGER"]),
    ("vms", "host.address=192.0.2.12", ["Web_2"]),
    ("vms", "hosts=node2", ["Web_2"]),
    ("vms", "hosts!=node2 and status=up", ["HostedEngine", "web1"]),
    ("vms", "hosts=null and name!=HostedEngine", ["db.1", "größe"]),
    ("vms", "host.cluster.datacenter.name=Default and status=up", ["Web_2", "web1"]),
    ("vms", "hosts.mem_usage>=0 and name=web1", ["web1"]),
    ("vms", "storage.name=data", ["db.1", "web1"]),
    ("vms", "storage.name!=archive and status=up", ["HostedEngine", "Web_2"]),
    ("vms", "storage.name=archive and storage.name=data", ["web1"]),
    ("vms", "template.name=tiny and status=up", ["Web_2", "web1"]),
    ("vms", "template=tin and name=web1", ["web1"]),
    ("vms", "vnic.mac=56:6F:00:00:00:0*", ["Web_2", "web1"]),
    ("vms", "vnic.network_name=ovirtmgmt", ["web1"]),
    ("vms", "events.severity>warning", ["Web_2"]),
    ("vms", "events.usrname=mary", ["web1"]),
    ("vms", "tag=plant", ["Web_2", "größe", "web1"]),
    ("vms", "tag=LINE", ["Web_2", "größe"]),
    ("vms", "tag=*o*", ["größe", "web1"]),
    ("vms", "tag!=plant", ["HostedEngine", "db.1", "ÄRGER"]),
    ("vms", "tag=null", ["HostedEngine", "db.1", "ÄRGER"]),
    ("vms", "robot", ["größe"]),
    # order and pages
    ("vms", "sortby name", ["db.1", "größe", "HostedEngine", "web1", "Web_2", "ÄRGER"]),
    ("vms", "sortby name desc", ["ÄRGER", "Web_2", "web1", "HostedEngine", "größe", "db.1"]),
    ("vms", "memory>1024 sortby memory desc", ["web1", "db.1"]),
    ("vms", "sortby on_host", ["HostedEngine", "db.1", "größe", "web1", "ÄRGER", "Web_2"]),
    ("vms", "sortby on_host desc", ["Web_2", "web1", "ÄRGER", "HostedEngine", "db.1", "größe"]),
    ("vms", "name!=HostedEngine sortby uptime", ["db.1", "größe", "ÄRGER", "web1", "Web_2"]),
    ("vms", "name!=HostedEngine sortby uptime desc", ["Web_2", "web1", "db.1", "größe", "ÄRGER"]),
    ("vms", "storage.name=* sortby storage.name", ["web1", "db.1"]),
    ("vms", "page 1", VMS),
    ("vms", "page 2", []),
    ("vms", "page 999999999", []),
    # hosts
    ("nodes", "", ["node1", "node2", "node3"]),
    ("nodes", "status=maintenance", ["node3"]),
    ("nodes", "vms.name=web*", ["node1", "node2"]),
    ("nodes", "vms=web and active_vms=2", ["node1"]),
    ("nodes", "active_vms=0", ["node3"]),
    ("nodes", "migrating_vms=1", ["node1"]),
    ("nodes", "committed_mem>1024", ["node1"]),
    ("nodes", "sortby committed_mem desc", ["node1", "node2", "node3"]),
    ("nodes", "cpus=32", ["node3"]),
    ("nodes", "memory>=524288", ["node3"]),
    ("nodes", "cpu_model=epyc", ["node3"]),
    ("nodes", "version=1.*", ["node3"]),
    ("nodes", "cpu_model=null", ["node1", "node2"]),
    ("nodes", "sortby cpus desc", ["node3", "node1", "node2"]),
    ("nodes", "spm_id=2", ["node2"]),
    ("nodes", "tag=plant", ["node3"]),
    ("nodes", "external_status=info", ["node1", "node2", "node3"]),
    ("nodes", "external_status=ok", []),
    ("nodes", "external_status!=ok sortby load desc page 1", ["node1", "node2", "node3"]),
    ("nodes", "type=RHEVH and address=192.0.2.11", ["node1"]),
    ("nodes", "update_available=true", []),
    ("nodes", "storage.name=archive and datacenter=Default and name=node1", ["node1"]),
    ("nodes", "templates.name=tiny", ["node1", "node2"]),
    ("nodes", "spare", ["node3"]),
    # disks
    ("disks", "vms.name=web1", ["disk11", "disk12"]),
    ("disks", "vm_names=web1 and storage.name=data", ["disk11"]),
    ("disks", "number_of_vms=1 and alias=disk13", ["disk13"]),
    (
        "disks",
        "allocation_policy=Sparse and size>=10 and datacenter=Default and name=disk1*",
        ["disk11", "disk12", "disk13"],
    ),
    ("disks", "allocation_policy=preallocated and name=disk1*", []),
    ("disks", "disk_type=lun", []),
    ("vms", "storage=archive", ["web1"]),
    # the rest
    ("clusters", "storage.name=archive and cluster_network.network_name=ovirtmgmt", ["Default"]),
    ("clusters", "architecture=x86_64 and compatibility_level=4.7", ["Default"]),
    ("data_centers", "clusters.name=Default and networks.name=ovirtmgmt and local=no", ["Default"]),
    ("storage_domains", "", ["archive", "data", "engine"]),
    ("storage_domains", "type=glusterfs and shared_status=active", ["archive", "data", "engine"]),
    ("storage_domains", "total_size=100 and used_size=70 and free_size=30", ["archive"]),
    ("storage_domains", "committed=20", ["data"]),
    ("storage_domains", "sortby used_size desc", ["archive", "data", "engine"]),
    ("storage_domains", "backup=no and low_space_threshold=10 and external_status=info and data", ["data"]),
    ("storage_domains", "hosts.name=node1 clusters.name=Default", ["archive", "data", "engine"]),
    ("networks", "vmnetwork=true and cluster_network.cluster_name=Default", ["ovirtmgmt"]),
    ("networks", "vlanid=null and host_network.host_name=node3", ["ovirtmgmt"]),
    ("networks", "vmnetwork=false", []),
    ("vnic_profiles", "network_name=ovirtmgmt and datacenter=Default and passthrough=false", ["ovirtmgmt"]),
    ("vnic_profiles", "passthrough=true", []),
    ("templates", "childcount>1 and vms.name=web1", ["tiny"]),
    ("templates", "hosts.name=node2", ["tiny"]),
    ("templates", "mem=64 and version_name=*base* and vnic=null", ["tiny"]),
    ("users", "usrname=mary@internal-authz", ["mary@internal-authz"]),
    ("users", "usrname=mary@internal*", ["mary@internal-authz"]),
    ("users", "login=MARY and directory=internal-authz", ["mary@internal-authz"]),
    ("users", "events.vm.name=web1", ["mary@internal-authz"]),
    ("users", "mar", ["mary@internal-authz"]),
    ("users", "usrname!=mary", ["admin@internal-authz"]),
    ("jobs", "", ["job-61", "job-62"]),
    ("jobs", "status=failed", ["job-62"]),
    ("jobs", "correlation_id=job-61", ["job-61"]),
    ("events", "", ["Nothing is left", "VM Web_2 failed", "Host node1 drifts", "VM web1 started"]),
    ("events", "severity>normal", ["Nothing is left", "VM Web_2 failed", "Host node1 drifts"]),
    ("events", "severity<=warning", ["Host node1 drifts", "VM web1 started"]),
    ("events", "event_vm=web*", ["VM Web_2 failed", "VM web1 started"]),
    ("events", "vm.status=up and type=900", ["VM Web_2 failed", "VM web1 started"]),
    ("events", "time<Yesterday", ["VM web1 started"]),
    ("events", "time>Today sortby time", ["Host node1 drifts", "VM Web_2 failed", "Nothing is left"]),
    ("events", "time>Today sortby time desc", ["Nothing is left", "VM Web_2 failed", "Host node1 drifts"]),
    ("events", "event_host=node1 or correlation_id=mine", ["Nothing is left", "Host node1 drifts"]),
    ("events", "event_storage=data", ["Nothing is left"]),
    ("events", "users.login=mary", ["VM web1 started"]),
    ("events", "usrname=mary@internal", ["VM web1 started"]),
    ("events", "drift", ["Host node1 drifts"]),
    ("events", "Web_2", ["VM Web_2 failed"]),
)
