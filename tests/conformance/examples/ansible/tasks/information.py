"""Modules that only read: what they answer is held to the database."""

from collections.abc import Callable

from tests.conformance.examples import seeds
from tests.conformance.examples.ansible.task import READS, Task
from tests.conformance.examples.case import ExampleRun, Fixture, Oracle
from tests.conformance.examples.state import Differs, Row, State

Wanted = Callable[[Row], bool]


def answers(key: str, table: str, wanted: Wanted) -> Oracle:
    """The ids under `key` are those of the rows that are wanted, at least one, and their names are right."""

    def oracle(run: ExampleRun) -> None:
        rows = {str(row["id"]): row for row in run.after.rows(table) if wanted(row)}
        if not rows:
            raise Differs(f"the fixture has no {table} to be found")
        found = {str(one["id"]): one for one in run.result[key]}
        if set(found) != set(rows):
            raise Differs(f"{len(found)} of {key} were answered, {len(rows)} are there")
        for id, one in found.items():
            if "name" in rows[id] and table not in ("users", "events") and one["name"] != rows[id]["name"]:
                raise Differs(f"a name is {one['name']}")

    return oracle


def everything(row: Row) -> bool:
    return True


def named(prefix: str) -> Wanted:
    return lambda row: str(row["name"]).startswith(prefix)


def _nics(run: ExampleRun) -> None:
    vm = run.after.one("vms", name="centos7")["id"]
    wanted = {row["mac"] for row in run.after.rows("nics", owner_id=vm) if row["name"].startswith("eth")}
    if {one["mac"]["address"] for one in run.result["ovirt_nics"]} != wanted or not wanted:
        raise Differs("the NICs are others")


def _tags_of(table: str, name: str) -> Oracle:
    def oracle(run: ExampleRun) -> None:
        owner = run.after.one(table, name=name)["id"]
        wanted = {row["name"] for row in run.after.rows("tags") if run.after.linked(row["id"], owner)}
        if {one["name"] for one in run.result["ovirt_tags"]} != wanted or not wanted:
            raise Differs("the tags are others")

    return oracle


def _labels_of(*owners: tuple[str, str]) -> Oracle:
    def oracle(run: ExampleRun) -> None:
        ids = [run.after.one(table, name=name)["id"] for table, name in owners]
        labels = run.after.rows("affinity_labels")
        wanted = {row["name"] for row in labels if any(run.after.linked(row["id"], id) for id in ids)}
        if {one["name"] for one in run.result["ovirt_affinity_labels"]} != wanted or not wanted:
            raise Differs("the labels are others")

    return oracle


def _api(run: ExampleRun) -> None:
    summary = run.result["ovirt_api"]["summary"]
    for word, table in (("hosts", "nodes"), ("vms", "vms"), ("storage_domains", "storage_domains")):
        if summary[word]["total"] != len(run.after.rows(table)):
            raise Differs(f"{word} are {summary[word]['total']}")


def _events(state: State, count: int | None = None) -> list[int]:
    """The newest first."""
    return sorted((int(row["id"]) for row in state.rows("events")), reverse=True)[:count]


def _all_events(run: ExampleRun) -> None:
    _same_events(run, _events(run.before))


def _ten_events(run: ExampleRun) -> None:
    """The example's own sign-in is among them."""
    found = [int(one["id"]) for one in run.result["ovirt_events"]]
    newest = [id for id in _events(run.after) if id <= max(found, default=0)][:10]
    if found != newest or len(found) != 10:
        raise Differs("not the newest ten events were answered")


def _same_events(run: ExampleRun, wanted: list[int]) -> None:
    found = {int(one["id"]) for one in run.result["ovirt_events"]}
    if not set(wanted) <= found or not wanted:
        raise Differs("not all events were answered")
    known = {int(row["id"]): row["description"] for row in run.after.rows("events")}
    for one in run.result["ovirt_events"]:
        if known.get(int(one["id"])) != one["description"]:
            raise Differs("an event has other words")


def _alerts(run: ExampleRun) -> None:
    wanted = {int(row["id"]) for row in run.after.rows("events", severity="alert")}
    if {int(one["id"]) for one in run.result["ovirt_events"]} != wanted or not wanted:
        raise Differs("the alerts are others")


def _an_alert(site: object) -> None:
    assert hasattr(site, "execute")
    site.execute("UPDATE events SET severity = 'alert' WHERE id = (SELECT min(id) FROM events)")


def _placed(table: str, name: str) -> Fixture:
    return seeds.rows.renamed(table, "Default", name)


def _knows_what_vms_have(run: ExampleRun) -> None:
    """What a VM has in the database is among the operating systems."""
    known = {one["name"]: one["architecture"] for one in run.result["ovirt_operating_systems"]}
    had = run.after.one("vms", name="myvm")["os_type"]
    if known.get(had) != "x86_64":
        raise Differs(f"{had} is not among them")


_RHEL7 = seeds.rows.set_in("vms", "myvm", os_type="rhel_7x64")
_OTHER_VMS = (seeds.vms.vm("centos7", "Blank"), seeds.vms.vm("another-vm", "Blank"))
_MANY_EVENTS = seeds.rows.many(lambda name: seeds.vms.vm(name, "Blank"), *(f"vm-{number}" for number in range(4)))
_LABELLED = (seeds.vms.vm("postgres1", "Blank"), seeds.others.label("label1", ("vms", "postgres1")))
_HOST_LABELLED = (seeds.rows.renamed("nodes", "node1", "west1"), seeds.others.label("label2", ("hosts", "west1")))
TASKS = (
    Task("ovirt_api_info/0", _api, _OTHER_VMS, READS),
    Task(
        "ovirt_vm_info/0",
        answers("ovirt_vms", "vms", named("centos")),
        (*_OTHER_VMS, _placed("clusters", "west")),
        READS,
    ),
    Task(
        "ovirt_vm_info/2",
        answers("ovirt_vms", "vms", lambda row: row["name"] == "myvm"),
        (seeds.vms.my_vm, seeds.vms.vm("another-vm")),
        READS,
    ),
    Task(
        "ovirt_vm_info/4",
        answers("ovirt_vms", "vms", lambda row: row["name"] == "myvm"),
        (seeds.vms.my_vm, seeds.vms.vm("another-vm")),
        READS,
    ),
    Task(
        "ovirt_cluster_info/0",
        answers("ovirt_clusters", "clusters", named("production")),
        (seeds.rows.copy_of_first("clusters", "production1"),),
        READS,
    ),
    Task(
        "ovirt_datacenter_info/0",
        answers("ovirt_datacenters", "data_centers", named("production")),
        (seeds.rows.copy_of_first("data_centers", "production1"),),
        READS,
    ),
    Task(
        "ovirt_disk_info/0",
        answers("ovirt_disks", "disks", named("centos")),
        (seeds.disks.disk("centos7"), seeds.disks.disk("another")),
        READS,
    ),
    Task(
        "ovirt_host_info/0",
        answers("ovirt_hosts", "nodes", named("host")),
        (seeds.rows.renamed("nodes", "node1", "host1"), _placed("data_centers", "west")),
        READS,
    ),
    Task(
        "ovirt_host_info/2",
        answers("ovirt_hosts", "nodes", named("host")),
        (seeds.rows.renamed("nodes", "node1", "host1"), seeds.rows.never("a cluster of version 4.2: all have 4.7")),
        READS,
    ),
    Task(
        "ovirt_network_info/0",
        answers("ovirt_networks", "networks", named("vlan1")),
        (seeds.rows.copy_of_first("networks", "vlan10", bridge="vlan10"),),
        READS,
    ),
    Task("ovirt_vnic_profile_info/0", answers("ovirt_vnic_profiles", "vnic_profiles", everything), (), READS),
    Task(
        "ovirt_nic_info/0", _nics, (seeds.vms.vm("centos7", "Blank"), seeds.vms.nic_of_vm("centos7", nic="eth0")), READS
    ),
    Task(
        "ovirt_storage_domain_info/0",
        answers("ovirt_storage_domains", "storage_domains", named("data")),
        (_placed("data_centers", "west"),),
        READS,
    ),
    Task(
        "ovirt_template_info/0",
        answers("ovirt_templates", "templates", named("centos")),
        (seeds.rows.renamed("templates", "tiny", "centos7"), _placed("data_centers", "west")),
        READS,
    ),
    Task(
        "ovirt_user_info/0",
        answers("ovirt_users", "users", lambda row: row["first_name"] == "john"),
        (seeds.people.user("john@internal", "john"),),
        READS,
    ),
    Task(
        "ovirt_group_info/0",
        answers("ovirt_groups", "groups", named("admin")),
        (seeds.people.group("admins", "internal-authz"),),
        READS,
    ),
    Task(
        "ovirt_scheduling_policy_info/0",
        answers("ovirt_scheduling_policies", "scheduling_policies", named("InClusterUpgrade")),
        (seeds.rows.copy_of_first("scheduling_policies", "InClusterUpgrade"),),
        READS,
    ),
    *(Task(f"ovirt_vm_os_info/{number}", _knows_what_vms_have, (seeds.vms.my_vm, _RHEL7), READS) for number in (0, 2)),
    Task("ovirt_event_info/0", _all_events, _OTHER_VMS, READS),
    Task("ovirt_event_info/1", _ten_events, (_MANY_EVENTS,), READS),
    Task("ovirt_event_info/2", _alerts, (*_OTHER_VMS, _an_alert), READS),
    Task(
        "ovirt_tag_info/0",
        answers("ovirt_tags", "tags", named("tag")),
        (seeds.others.tag("tag1"), seeds.others.tag("other")),
        READS,
    ),
    Task(
        "ovirt_tag_info/2",
        _tags_of("vms", "postgres"),
        (seeds.vms.vm("postgres", "Blank"), seeds.others.tag("tag1", ("vms", "postgres")), seeds.others.tag("other")),
        READS,
    ),
    Task(
        "ovirt_tag_info/4",
        _tags_of("nodes", "west"),
        (
            seeds.rows.renamed("nodes", "node1", "west"),
            seeds.others.tag("tag1", ("hosts", "west")),
            seeds.others.tag("other"),
        ),
        READS,
    ),
    Task(
        "ovirt_affinity_label_info/0",
        answers("ovirt_affinity_labels", "affinity_labels", named("label")),
        (seeds.others.label("label1"), seeds.others.label("other")),
        READS,
    ),
    Task("ovirt_affinity_label_info/2", _labels_of(("vms", "postgres1")), _LABELLED, READS),
    Task("ovirt_affinity_label_info/4", _labels_of(("nodes", "west1")), _HOST_LABELLED, READS),
    Task(
        "ovirt_affinity_label_info/6",
        _labels_of(("nodes", "west1"), ("vms", "postgres1")),
        (*_LABELLED, *_HOST_LABELLED),
        READS,
    ),
    Task("ovirt_system_option_info/0", None, (), READS),
)
