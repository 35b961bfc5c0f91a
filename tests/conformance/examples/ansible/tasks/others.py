"""Users, hosts, storage domains, events, jobs, and what belongs to none of the other files."""

import hashlib
from collections.abc import Iterable, Iterator

from ovirtsdk4 import types

from tests.conformance.examples import seeds
from tests.conformance.examples.ansible.task import ALWAYS, READS, Task
from tests.conformance.examples.ansible.tasks.entities import changes_id
from tests.conformance.examples.case import ExampleRun, Fixture, Oracle
from tests.conformance.examples.oracles import adds, expect, removes, was_added
from tests.conformance.examples.sdk.hosts import certificate_changed, lets_go, takes_in, was_asked_for_upgrades
from tests.conformance.examples.state import Differs, Row, State

_NUMBER, _EVENTFUL = 123456789, "c79db183-46ef-44d1-95f9-1a368c516c19"  # of an event and of a VM in the documentation


def _user(principal: str) -> Oracle:
    def oracle(run: ExampleRun) -> None:
        wanted = f"{principal}@example.com-authz"
        if run.before.rows("users", name=wanted):
            raise Differs("the user was there before")
        row = run.after.one("users", name=wanted)
        expect(row, domain="example.com-authz")
        if run.after.rows("permissions", holder_id=row["id"]):
            raise Differs("the user may do something already")

    return oracle


def _role(*permits: str) -> Oracle:
    def oracle(run: ExampleRun) -> None:
        row = was_added(run, "roles", "role")
        names = {one["id"]: one["name"] for one in run.after.rows("permits")}
        found = sorted(names[one["permit_id"]] for one in run.after.rows("role_permits", role_id=row["id"]))
        if found != sorted(permits):
            raise Differs(f"its permits are {found}")

    return oracle


def _group_of(namespace: str) -> Oracle:
    """Group group1 is there, as the directory has it, and was not."""

    def oracle(run: ExampleRun) -> None:
        row = was_added(run, "groups", "group1")
        expect(row, domain="example.com-authz", namespace=namespace, domain_entry_id="id-of-group1")

    return oracle


def _permission(role: str, table: str, name: str, *, there: bool = True) -> Oracle:
    """User user1 has that role on that object, and had not before; or the other way round."""

    def has(state: State) -> bool:
        return bool(
            state.rows(
                "permissions",
                role_id=state.one("roles", name=role)["id"],
                holder_id=state.one("users", name="user1@example.com-authz")["id"],
                object_id=state.one(table, name=name)["id"],
            )
        )

    def oracle(run: ExampleRun) -> None:
        if has(run.before) is there:
            raise Differs("it was so before")
        if has(run.after) is not there:
            raise Differs("it is not so")

    return oracle


def _ssh_key_removed(run: ExampleRun) -> None:
    user = run.before.one("users", name="user1@example.com-authz")
    if not run.before.rows("ssh_public_keys", user_id=user["id"]):
        raise Differs("there was none before")
    if run.after.rows("ssh_public_keys", user_id=user["id"]) or user not in run.after.rows("users"):
        raise Differs("the user has a key, or is gone")


def _permissions_of(user: str) -> Oracle:
    def oracle(run: ExampleRun) -> None:
        rows = run.after.rows("permissions", holder_id=run.after.one("users", name=user)["id"])
        found = {(one["role_id"], one["vm_id"]) for one in run.result["ovirt_permissions"]}
        if not rows or found != {(row["role_id"], row["object_id"]) for row in rows}:
            raise Differs(f"{len(found)} permissions were answered, {len(rows)} are there")

    return oracle


def _in_maintenance(run: ExampleRun) -> None:
    if run.before.one("nodes", name="myhost")["status"] == "maintenance":
        raise Differs("it was so before")
    expect(run.after.one("nodes", name="myhost"), status="maintenance")


def _certificate_renewed(run: ExampleRun) -> None:
    """The machine itself has another one, and is in maintenance."""
    _in_maintenance(run)
    if run.before.nodes["node4"].certificate == run.after.nodes["node4"].certificate:
        raise Differs("the machine has the certificate that it had")


def _new_events(run: ExampleRun) -> list[Row]:
    before = {row["id"] for row in run.before.rows("events")}
    return [row for row in run.after.rows("events") if row["id"] not in before]


def _event(description: str, **about: object) -> Oracle:
    """It is written down once, however often it is told."""

    def oracle(run: ExampleRun) -> None:
        found = [row for row in _new_events(run) if row["description"] == description]
        if len(found) != 1:
            raise Differs(f"{len(found)} such events were written")
        expect(found[0], severity="warning", origin="mymonitor", custom_id=_NUMBER, **about)

    return oracle


def _event_removed(run: ExampleRun) -> None:
    if not run.before.rows("events", id=_NUMBER) or run.after.rows("events", id=_NUMBER):
        raise Differs("the event is still there")


def _job(run: ExampleRun) -> None:
    job = run.after.one("jobs", description="job_name")
    expect(job, external=1)
    steps = {row["description"] for row in run.after.rows("job_steps", job_id=job["id"])}
    if not {"step_name_A", "step_name_B"} <= steps or run.before.rows("jobs", description="job_name"):
        raise Differs("the job has not these steps")


def _status(table: str, description: str, status: str) -> Oracle:
    def oracle(run: ExampleRun) -> None:
        if run.before.one(table, description=description)["status"] == status:
            raise Differs("it was so before")
        expect(run.after.one(table, description=description), status=status)

    return oracle


def _signed_in(run: ExampleRun) -> None:
    """The token that was given is one of the sessions, which are known by their digests."""
    token = run.result["ansible_facts"]["ovirt_auth"]["token"]
    run.after.one("sessions", id=hashlib.sha256(token.encode()).hexdigest())


_CONNECTION = "26915c96-92ff-47e5-9e77-b581db2f2d36"


def _domain_in_use(run: ExampleRun) -> None:
    domain = was_added(run, "storage_domains", "data_nfs")
    expect(domain, status="active", data_center_id=run.after.one("data_centers", name="mydatacenter")["id"])
    if not all(node.mounts.get(domain["id"]) == "10.34.63.199:/path/data" for node in run.after.nodes.values()):
        raise Differs("not every node has it mounted")


def _gluster_in_use(run: ExampleRun) -> None:
    domain = was_added(run, "storage_domains", "glusterfs_1")
    expect(domain, status="active")
    if not all(node.mounts.get(domain["id"]) == "10.10.10.10:/path/data" for node in run.after.nodes.values()):
        raise Differs("not every node has it mounted")


def _domain_removed(run: ExampleRun) -> None:
    removes("storage_domains", "mystorage_domain")(run)
    if any("nas:/srv/mystorage_domain" in node.mounts.values() for node in run.after.nodes.values()):
        raise Differs("it is mounted still")


def _connection_changed(run: ExampleRun) -> None:
    expect(run.before.one("storage_connections", id=_CONNECTION), address="nas")
    expect(run.after.one("storage_connections", id=_CONNECTION), address="10.34.63.204", path="/srv")


_NFS = (seeds.places.my_host, seeds.rows.renamed("data_centers", "Default", "mydatacenter"))
_USER1 = seeds.people.user("user1@example.com-authz", "user1")
_GROUP1 = seeds.people.domain("example.com-authz", groups=("group1",))
_GROUP = (
    seeds.places.my_cluster,
    seeds.rows.many(seeds.vms.vm, "vm1", "vm2"),
    seeds.rows.renamed("nodes", "node1", "host1"),
    seeds.rows.renamed("nodes", "node2", "host2"),
)


def _tried(module: str, numbers: Iterable[int], *needs: Fixture) -> Iterator[Task]:
    """Without an oracle yet: what they need is made, so that it is said what the engine lacks."""
    return (Task(f"{module}/{number}", None, needs) for number in numbers)


TASKS = (
    Task("ovirt_auth/0.1", _signed_in, (), READS),
    Task("ovirt_auth/1", _signed_in, (), READS),
    *(Task(f"ovirt_storage_domain/{number}", _domain_in_use, _NFS, checkable=False) for number in (0, 2)),
    Task("ovirt_storage_domain/6", _gluster_in_use, _NFS, checkable=False),
    *(Task(f"ovirt_storage_domain/{number}", None, _NFS, checkable=False) for number in (4, 5, 7, 8, 9, 11, 12)),
    Task("ovirt_user/0", _user("user1"), (seeds.people.domain("example.com-authz", users=("user1",)),)),
    Task(
        "ovirt_user/1",
        _user("user1@ad2.example.com"),
        (seeds.people.domain("example.com-authz", users=("user1@ad2.example.com",)),),
    ),
    Task(
        "ovirt_user/2",
        removes("users", "user1@example.com-authz"),
        (seeds.people.user("user1@example.com-authz", "user1"),),
    ),
    Task("ovirt_user/3", _ssh_key_removed, (_USER1, seeds.people.ssh_key("user1@example.com-authz")), checkable=False),
    Task("ovirt_group/0", adds("groups", "group1"), (_GROUP1,)),
    Task(
        "ovirt_group/1",
        _group_of("dc=ad2,dc=example,dc=com"),
        (seeds.people.directory("example.com-authz", "dc=ad2,dc=example,dc=com", "group1", "group2"),),
    ),
    Task("ovirt_group/2", removes("groups", "group1"), (seeds.people.group("group1", "example.com-authz"),)),
    Task("ovirt_role/0", _role("manipulate_permissions", "create_instance", "login")),
    Task("ovirt_role/1", removes("roles", "role"), (seeds.rows.added("roles", lambda: types.Role(name="role")),)),
    Task("ovirt_role/2", _role("login")),
    Task("ovirt_permission/0", _permission("UserVmManager", "vms", "myvm"), (_USER1, seeds.vms.my_vm)),
    Task(
        "ovirt_permission/1",
        _permission("ClusterAdmin", "clusters", "mycluster", there=False),
        (
            _USER1,
            seeds.places.my_cluster,
            seeds.people.permission("ClusterAdmin", "user1@example.com-authz", "clusters", "mycluster"),
        ),
    ),
    Task("ovirt_permission/4", _permission("MacPoolUser", "mac_pools", "Default"), (_USER1,)),
    Task("ovirt_host/0", takes_in("node4"), (seeds.places.machine("10.34.61.145"),)),
    Task("ovirt_host/1", None, (seeds.places.machine("10.34.61.145"),)),
    Task("ovirt_host/2", takes_in("node4", name="myhost2"), (seeds.places.machine("10.34.61.145"),)),
    Task("ovirt_host/3", _in_maintenance, (seeds.places.host_to_leave,), checkable=False),
    Task("ovirt_host/4", None, (seeds.places.my_host,), ALWAYS),
    Task("ovirt_host/5", was_asked_for_upgrades, (seeds.places.host_to_leave,), READS, checkable=False),
    Task("ovirt_host/8", certificate_changed, (seeds.places.slow_host,), ALWAYS, checkable=False),
    Task("ovirt_host/9", lets_go("node4"), (seeds.places.spare_host,), checkable=False),
    Task("ovirt_host/10", lets_go("node4"), (seeds.places.spare_host,), checkable=False),
    Task("ovirt_host/11", changes_id("nodes", "new host name"), (seeds.places.host_with_no_id,)),
    Task("ovirt_host/12", _certificate_renewed, (seeds.places.spare_host,), ALWAYS, checkable=False),
    Task("ovirt_host_pm/0", adds("fence_agents", ""), (seeds.places.my_host,)),
    Task("ovirt_event/0", _event("The file system /home on host xyz is almost full!"), (), ALWAYS),
    Task(
        "ovirt_event/1",
        _event("The file system /home is almost full!", vm_id=_EVENTFUL),
        (seeds.vms.my_vm, seeds.vms.copied_vm("myvm", _EVENTFUL)),
        ALWAYS,
    ),
    Task("ovirt_event/2", _event_removed, (seeds.others.event(_NUMBER),)),
    Task("ovirt_job/0", _job),
    Task("ovirt_job/1", _status("job_steps", "step_name_A", "finished"), (seeds.others.job,)),
    Task("ovirt_job/2", _status("job_steps", "step_name_B", "failed"), (seeds.others.job,)),
    Task("ovirt_job/3", _status("jobs", "job_name", "finished"), (seeds.others.job,)),
    Task("ovirt_storage_domain/13", _domain_removed, (seeds.storage.attached("mystorage_domain"),), checkable=False),
    Task("ovirt_storage_connection/1", _connection_changed, (seeds.storage.storage_connection(_CONNECTION),)),
    *_tried("ovirt_affinity_group", (0, 1, 2), *_GROUP),
    *_tried(
        "ovirt_quota",
        (0, 1, 2, 3, 4),
        seeds.rows.renamed("data_centers", "Default", "dcX"),
        seeds.rows.renamed("clusters", "Default", "cluster1"),
    ),
    Task(
        "ovirt_permission_info/0",
        _permissions_of("john@example.com-authz"),
        (
            seeds.people.user("john@example.com-authz", "john"),
            seeds.rows.renamed("vms", "HostedEngine", "engine"),
            seeds.people.permission("UserRole", "john@example.com-authz", "vms", "engine"),
        ),
        READS,
    ),
    *_tried("ovirt_host", (6, 7), seeds.places.my_host),
    *_tried("ovirt_host_pm", (1, 2), seeds.places.my_host),
    *_tried(
        "ovirt_host_network",
        range(7),
        seeds.places.my_host,
        seeds.rows.many(seeds.networks.network, "myvlan", "myvlan1", "myvlan2"),
    ),
    *_tried("ovirt_host_storage_info", (0, 2, 3, 4), seeds.places.my_host),
    *_tried("ovirt_snapshot", (2, 3), seeds.vms.vm("rhel7")),
    *_tried("ovirt_snapshot", (5,), seeds.vms.my_vm),
)
