"""VMs, their NICs and disks, templates."""

from tests.conformance.examples import seeds
from tests.conformance.examples.ansible.task import ALWAYS, READS, Task
from tests.conformance.examples.ansible.tasks.entities import changes_id
from tests.conformance.examples.case import ExampleRun, Fixture, Oracle
from tests.conformance.examples.oracles import changes, expect, links, mentions, removes, spec_of, was_added
from tests.conformance.examples.sdk.disks import image_of
from tests.conformance.examples.sdk.vms import stopped
from tests.conformance.examples.state import Differs

GIB = 1 << 30


def _template(name: str) -> Fixture:
    return seeds.rows.renamed("templates", "tiny", name)


def _cluster(name: str) -> Fixture:
    return seeds.rows.renamed("clusters", "Default", name)


def _made_from(name: str, template: str, **wanted: object) -> Oracle:
    """A VM in its cluster with the template's disks as images of its own."""

    def oracle(run: ExampleRun) -> None:
        row = was_added(run, "vms", name)
        expect(row, template_id=run.after.one("templates", name=template)["id"], **wanted)
        attachments = run.after.rows("disk_attachments", owner_id=row["id"])
        for attachment in attachments:
            image_of(run.after, run.after.one("disks", id=attachment["disk_id"]))
        if not attachments:
            raise Differs("the VM has no disk")

    return oracle


def _with_disk_and_nic(run: ExampleRun) -> None:
    row = was_added(run, "vms", "myvm")
    expect(row, memory_bytes=2 * GIB, cores=2, sockets=2, type="server")
    mentions(row, "rhel_7x64")
    disk = run.after.one("disks", name="rhel7_disk")["id"]
    expect(run.after.one("disk_attachments", owner_id=row["id"], disk_id=disk), bootable=1)
    run.after.one("nics", owner_id=row["id"], name="nic1")


def _ticket(run: ExampleRun) -> None:
    """The file opens the screen where the VM runs, with the ticket that its node has."""
    identity = seeds.vms.vm_id(run.after)
    node, _ = run.after.vms_running()[identity]
    ticket = run.after.nodes[node].vms[identity]["ticket"]
    file = str(run.result.get("vm", {}).get("remote_vv_file")).splitlines()
    for line in (f"password={ticket}", "type=vnc", f"port={run.after.one('vms', 'myvm')['display_port']}"):
        if ticket is None or line not in file:
            raise Differs(f"no {line} in the file")


def _removed(run: ExampleRun) -> None:
    removes("vms", "myvm")(run)
    if seeds.vms.vm_id(run.before) in run.after.vms_running():
        raise Differs("it still runs")


def _on_host(run: ExampleRun) -> None:
    identity = seeds.vms.vm_id(run.after)
    if identity in run.before.vms_running():
        raise Differs("it ran before")
    node = run.after.one("nodes", name="host1")["address"]
    where = run.after.vms_running().get(identity)
    if where is None or where[0] != "node2":
        raise Differs(f"it does not run on host1 ({node})")


def _grown(run: ExampleRun) -> None:
    """Its host has plugged the memory into the VM that runs."""
    changes("vms", "myvm", memory_bytes=4 * GIB)(run)
    node, _ = run.after.vms_running()[seeds.vms.vm_id(run.after)]
    if run.after.nodes[node].vms[seeds.vms.vm_id(run.after)]["memory_bytes"] != 4 * GIB:
        raise Differs("its host gives it as much as before")
    if run.after.one("vms", name="myvm")["next_run"] not in ({}, "{}"):
        raise Differs("it waits for the next run")


def _has_disc(name: str) -> Oracle:
    def oracle(run: ExampleRun) -> None:
        disc = run.after.one("disks", name=name)["id"]
        changes("vms", "myvm", cd_disk_id=disc)(run)

    return oracle


def _ejected(run: ExampleRun) -> None:
    if run.before.one("vms", name="myvm")["cd_disk_id"] is None:
        raise Differs("its drive was empty before")
    expect(run.after.one("vms", name="myvm"), cd_disk_id=None)


def _boots_from_disc(run: ExampleRun) -> None:
    _has_disc("centos7_x64.iso")(run)
    changes_of_row(run, "vms", "myvm", "cdrom")


def _cloned_from_snapshot(run: ExampleRun) -> None:
    """With disks of its own, which stand on nothing of the other VM's."""
    clone, disks = was_added(run, "vms", "myvm_clone"), run.after.rows("disks")
    own = {one["disk_id"] for one in run.after.rows("disk_attachments", owner_id=clone["id"])}
    images = {disk for disk, _ in run.after.images()}
    if not own or not own <= images or any(disk["template_disk_id"] for disk in disks if disk["id"] in own):
        raise Differs("it has no disks of its own")


def _boots_from_network(run: ExampleRun) -> None:
    changes_of_row(run, "vms", "myvm", "network")


def changes_of_row(run: ExampleRun, table: str, name: str, *values: object) -> None:
    if run.before.one(table, name=name) == run.after.one(table, name=name):
        raise Differs(f"{name} is as it was")
    mentions(run.after.one(table, name=name), *values)


def _row_changed(*values: object) -> Oracle:
    return lambda run: changes_of_row(run, "vms", "myvm", *values)


def _nic(run: ExampleRun) -> None:
    identity = seeds.vms.vm_id(run.after)
    if run.before.rows("nics", owner_id=identity):
        raise Differs("it had a NIC before")
    profile = run.after.one("vnic_profiles", name="ovirtmgmt")["id"]
    row = run.after.one("nics", owner_id=identity, name="mynic")
    expect(row, interface="e1000", mac="00:1a:4a:16:01:56", vnic_profile_id=profile)


def _nic_of_template(run: ExampleRun) -> None:
    identity = run.after.one("templates", name="my_template")["id"]
    if run.before.rows("nics", owner_id=identity):
        raise Differs("it had a NIC before")
    expect(run.after.one("nics", owner_id=identity, name="nic1"), interface="virtio")


def _plugged(plugged: int) -> Oracle:
    def oracle(run: ExampleRun) -> None:
        rows = [state.one("nics", owner_id=seeds.vms.vm_id(state), name="mynic") for state in (run.before, run.after)]
        if rows[0]["plugged"] == plugged:
            raise Differs("it was so before")
        expect(rows[1], plugged=plugged)

    return oracle


def _no_nic(run: ExampleRun) -> None:
    identity = seeds.vms.vm_id(run.before)
    if not run.before.rows("nics", owner_id=identity) or run.after.rows("nics", owner_id=identity):
        raise Differs("the NIC is still there")


def _detached(run: ExampleRun) -> None:
    disk = run.before.one("disks", name="myvm_disk")["id"]
    if not run.before.rows("disk_attachments", disk_id=disk) or run.after.rows("disk_attachments", disk_id=disk):
        raise Differs("the disk is still attached")
    image_of(run.after, run.after.one("disks", id=disk))


def _template_made(name: str = "mytemplate", **wanted: object) -> Oracle:
    def oracle(run: ExampleRun) -> None:
        row = was_added(run, "templates", name)
        expect(row, **wanted)
        owned = {one["disk_id"] for one in run.after.rows("disk_attachments", owner_id=row["id"])}
        if not owned or not owned <= {disk for disk, _ in run.after.images()}:
            raise Differs("the template's disks are not on the nodes")

    return oracle


_VM = (seeds.vms.my_vm,)
_HOST1 = seeds.rows.renamed("nodes", "node2", "host1")
_NIC = (*_VM, seeds.vms.nic_of_vm("myvm", nic="mynic"))
_IN_MINE = (_cluster("mycluster"), seeds.vms.my_vm)
_RHEL7 = (seeds.vms.vm("rhel7"),)
TASKS = (
    Task("ovirt_vm/0", _made_from("myvm", "rhel7_template"), (_template("rhel7_template"), _cluster("mycluster"))),
    Task("ovirt_vm/6", _made_from("myvm", "rhel7", stateless=1), (_template("rhel7"), _cluster("mycluster"))),
    Task("ovirt_vm/7", _with_disk_and_nic, (_cluster("brq01"), seeds.disks.disk("rhel7_disk"))),
    Task(
        "ovirt_vm/8",
        changes_id("vms", "new_vm_name"),
        (seeds.vms.vm("old", "Blank"), seeds.vms.copied_vm("old", seeds.rows.NO_ID)),
    ),
    # What is said for cloud-init and sysprep the module sends only when it starts the VM, which these three do not.
    Task(
        "ovirt_vm/9",
        _made_from("rhel7", "rhel7", memory_bytes=GIB, high_availability=1, high_availability_priority=50),
        (_template("rhel7"),),
    ),
    Task("ovirt_vm/10", _made_from("rhel7_4", "rhel7"), (_template("rhel7"), _cluster("mycluster"))),
    Task(
        "ovirt_vm/11",
        _made_from("windows2012R2_AD", "windows2012R2", memory_bytes=3 * GIB, high_availability=1),
        (_template("windows2012R2"),),
    ),
    # The module compares `host` with the hosts of the placement policy, which it sets only with `placement_policy`: it
    # says `changed` each time.
    Task("ovirt_vm/12", _on_host, (*_VM, _HOST1), ALWAYS, checkable=False),
    Task("ovirt_vm/13", _on_host, (_cluster("cluster1"), *_VM, _HOST1), ALWAYS, checkable=False),
    Task("ovirt_vm/14", None, (*_VM, seeds.vms.started), ALWAYS),
    Task("ovirt_vm/15", _has_disc("drivers.iso"), (*_VM, seeds.disks.disc("drivers.iso"))),
    Task("ovirt_vm/16", _ejected, (*_VM, seeds.disks.disc("drivers.iso"), seeds.vms.inserted("drivers.iso"))),
    Task("ovirt_vm/17", _boots_from_disc, (*_VM, seeds.disks.disc("centos7_x64.iso"))),
    Task("ovirt_vm/18", stopped, (*_VM, seeds.vms.started), checkable=False),
    Task("ovirt_vm/19", changes("vms", "myvm", memory_bytes=4 * GIB), _VM),
    Task(
        "ovirt_vm/20",
        _grown,
        (*_VM, seeds.rows.set_in("vms", "myvm", memory_bytes=2 * GIB, memory_max_bytes=8 * GIB), seeds.vms.started),
    ),
    Task("ovirt_vm/21", None, _IN_MINE),
    Task("ovirt_vm/22", None, (*_IN_MINE, seeds.vms.numa_nodes)),
    Task("ovirt_vm/23", _boots_from_network, _VM),
    Task(
        "ovirt_vm/25",
        _made_from("vm_test", "mytemplate"),
        (_template("mytemplate"), _cluster("mycluster"), seeds.storage.my_storage("mynfs")),
    ),
    Task("ovirt_vm/26", _removed, (*_VM, seeds.vms.started)),
    Task("ovirt_vm/29", _made_from("myvm", "mytemplate"), (_template("mytemplate"), _cluster("mycluster"))),
    Task("ovirt_vm/30.0", _ticket, (*_VM, seeds.vms.started), READS),
    Task("ovirt_vm/31", None, (*_VM, seeds.places.my_host)),
    Task(
        "ovirt_vm/32",
        lambda run: (
            links(("vms", "myvm"), ("nodes", "host1"))(run),
            links(("vms", "myvm"), ("nodes", "host2"))(run),
        )[0],
        (*_VM, seeds.rows.renamed("nodes", "node1", "host1"), seeds.rows.renamed("nodes", "node2", "host2")),
    ),
    Task("ovirt_vm/33", None, (*_IN_MINE, seeds.places.my_host)),
    Task("ovirt_vm/34", _cloned_from_snapshot, (*_VM, seeds.vms.snapshot_of("myvm", "myvm_snap"))),
    Task("ovirt_vm/36", None, _IN_MINE),
    Task("ovirt_nic/0", _nic, _VM),
    Task("ovirt_nic/1", _plugged(1), (*_NIC, seeds.vms.unplugged("mynic")), checkable=False),
    Task("ovirt_nic/2", _plugged(0), _NIC, checkable=False),
    Task("ovirt_nic/3", _nic_of_template, (_template("my_template"),)),
    Task("ovirt_nic/4", _no_nic, _NIC),
    Task("ovirt_nic/5", changes_id("nics", "new_nic_name"), (*_NIC, seeds.rows.with_no_id("nics", "mynic"))),
    Task("ovirt_nic/6", None, _NIC),
    Task("ovirt_mac_pool/2", None, _NIC),
    Task("ovirt_disk/1", None, _RHEL7),
    Task("ovirt_disk/2", _detached, (*_RHEL7, seeds.disks.disk_of_vm("myvm_disk", "rhel7"))),
    Task(
        "ovirt_disk/3",
        changes_id("disks", "new_disk_name"),
        (*_RHEL7, seeds.disks.disk_of_vm("old", "rhel7"), seeds.disks.attached_with_no_id),
    ),
    Task("ovirt_disk/4", None, _VM),
    Task("ovirt_disk/9", None),
    Task("ovirt_template/0", _template_made(description="Test"), _RHEL7),
    Task("ovirt_template/2", removes("templates", "mytemplate"), (_template("mytemplate"),)),
    Task("ovirt_template/3", changes_id("templates", "new_template_name"), (seeds.templates.template_with_no_id,)),
    Task("ovirt_template/10", None, (_cluster("mycluster"), *_RHEL7)),
    # Without a number the module makes one more version each time.
    Task("ovirt_template/11", _template_made(version_name="subversion"), (_cluster("mycluster"), *_RHEL7), ALWAYS),
    Task("ovirt_template/12", _template_made(memory_bytes=GIB), (seeds.vms.vm("rhel8"),)),
    Task("ovirt_template/13", _template_made(), (_cluster("mycluster"), seeds.vms.vm("rhel8"))),
    Task(
        "ovirt_template/14", _template_made(time_zone="America/Godthab"), (_cluster("MyCluster"), seeds.vms.vm("rhel8"))
    ),
    Task("ovirt_template/15", _template_made("windows2012R2_AD", memory_bytes=3 * GIB), (seeds.vms.vm("windows2012"),)),
    Task("ovirt_snapshot/1", None, _RHEL7, ALWAYS),
)
_ = spec_of
