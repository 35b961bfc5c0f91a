"""VMs: adding, changing, running, removing them, and what hangs on them."""

import re

import yaml

from tests.conformance.examples import seeds
from tests.conformance.examples.case import Case, ExampleRun
from tests.conformance.examples.found import found_vm
from tests.conformance.examples.oracles import expect, links, mentions, spec_of, was_added
from tests.conformance.examples.run import CONFIGURATION
from tests.conformance.examples.state import Differs

_VM = ("vms", "myvm")
_PLACE = (seeds.places.my_cluster, seeds.templates.my_template)


def from_blank(run: ExampleRun) -> None:
    row = was_added(run, *_VM)
    expect(row, cluster_id=run.after.one("clusters", name="mycluster")["id"], status="down")
    expect(row, template_id=run.after.one("templates", name="Blank")["id"])


def independent(run: ExampleRun) -> None:
    """Nothing of its disks depends on the template's."""
    row = was_added(run, "vms", "myclonedvm")
    disks = [one["disk_id"] for one in run.after.rows("disk_attachments", owner_id=row["id"])]
    images = [image for (disk, _), image in run.after.images().items() if disk in disks]
    if not images or len(images) != len(disks):
        raise Differs("not each of its disks is one image on the nodes")
    if any(image.get("backing") for image in images):
        raise Differs("an image stands on one of the template")


def from_template_version(run: ExampleRun) -> None:
    row = was_added(run, *_VM)
    template = run.after.one("templates", id=row["template_id"])
    expect(template, version_number=3)
    attachment = run.after.one("disk_attachments", owner_id=row["id"])
    disk = run.after.one("disks", id=attachment["disk_id"])
    expect(disk, format="cow", storage_domain_id=run.after.one("storage_domains", name="mydata")["id"])


def registered(run: ExampleRun) -> None:
    """Under the name that it is given, with its own disk, in the network that it is mapped to."""
    found = run.before.one("unregistered_entities", name="myvm")
    row = was_added(run, "vms", "exported_myvm")
    expect(row, id=found["entity_id"], cluster_id=run.after.one("clusters", name="mycluster")["id"])
    attachment = run.after.one("disk_attachments", owner_id=row["id"])
    disk = run.after.one("disks", id=attachment["disk_id"])
    if (disk["id"], disk["image_id"]) not in run.before.images():
        raise Differs("its disk is not the one that lay there")
    nic = run.after.one("nics", owner_id=row["id"])
    expect(nic, vnic_profile_id=run.after.one("vnic_profiles", name="mynetwork")["id"])


def seed_of(run: ExampleRun, label: str) -> dict[str, str]:
    """The files on the disc that the node gave the VM for this run: none of it is the VM's own."""
    seed = spec_of(run.after, "myvm").get("seed") or {"label": "", "files": ()}
    if seed["label"] != label:
        raise Differs(f"the VM runs with a seed called {seed['label']!r}, not {label!r}")
    expect(run.after.one(*_VM), initialization=None, os_type="other", run_once=1)
    return {file["path"]: file["text"] for file in seed["files"]}


def sysprep(run: ExampleRun) -> None:
    was_added(run, *_VM)
    text = seed_of(run, "SYSPREP").get("Unattend.xml", "")
    if not re.search(r"<unattend xmlns=.urn:schemas-microsoft-com:unattend.>\s+\.\.\.\s+</unattend>", text):
        raise Differs("the disc does not have the answer file")


def pool_of_three(run: ExampleRun) -> None:
    was_added(run, "vm_pools", "myvmpool")
    names = [row["name"] for row in run.after.rows("vms") if row["name"].startswith("myvmpool-")]
    if len(names) != 3:
        raise Differs(f"the pool has {len(names)} VMs")


def gone(run: ExampleRun) -> None:
    identity = seeds.vms.vm_id(run.before)
    if run.after.rows("vms", id=identity):
        raise Differs("the VM is still there")
    disks = {row["disk_id"] for row in run.before.rows("disk_attachments", owner_id=identity)}
    if disks & {disk for disk, _ in run.after.images()}:
        raise Differs("an image of it is still there")


def runs(run: ExampleRun) -> None:
    if seeds.vms.vm_id(run.before) in run.before.vms_running():
        raise Differs("it ran before")
    spec_of(run.after, "myvm")


def stopped(run: ExampleRun) -> None:
    spec_of(run.before, "myvm")
    if seeds.vms.vm_id(run.before) in run.after.vms_running():
        raise Differs("it still runs")
    expect(run.after.one(*_VM), status="down")


def boots_from_network(run: ExampleRun) -> None:
    """The node is told, for this one run only."""
    mentions(spec_of(run.after, "myvm"), "network", "cdrom")
    if run.after.one(*_VM)["boot_devices"] != run.before.one(*_VM)["boot_devices"]:
        raise Differs("the VM would boot so the next time, too")


def cloud_init(run: ExampleRun) -> None:
    files = {name: yaml.safe_load(text) for name, text in seed_of(run, "cidata").items()}
    meta_data, user_data = files["meta-data"], files["user-data"]
    greeting = {"content": "Hello, world!\n", "path": "/tmp/greeting.txt", "permissions": "0644"}
    subnet = {"type": "static", "address": "192.168.0.100/24", "gateway": "192.168.0.1"}
    for what, found, wanted in (
        ("host name", meta_data["local-hostname"], "myvm.example.com"),
        ("user", user_data["user"], "root"),
        ("password", bool(user_data["password"]), True),
        ("script", user_data["write_files"], [greeting]),
        ("NIC", files["network-config"]["config"][0], {"type": "physical", "name": "eth0", "subnets": [subnet]}),
        ("name server", files["network-config"]["config"][1]["address"], [f"192.168.0.{n}" for n in (1, 2, 3)]),
    ):
        if found != wanted:
            raise Differs(f"the {what} is {found}, not {wanted}")


def snapshot_added(run: ExampleRun) -> None:
    identity = seeds.vms.vm_id(run.after)
    rows = [row for row in run.after.rows("snapshots") if row.get("description") == "My snapshot"]
    if not any(row.get("vm_id") == identity for row in rows):
        raise Differs("the VM has no such snapshot")
    if len(run.after.images()) <= len(run.before.images()):
        raise Differs("no node made an image for it")


def cloned_from_snapshot(run: ExampleRun) -> None:
    row = was_added(run, "vms", "myclonedvm")
    if not run.after.rows("disk_attachments", owner_id=row["id"]):
        raise Differs("the clone has no disks")


def vnc_console(run: ExampleRun) -> None:
    mentions(spec_of(run.after, "myvm"), "vnc")


def serial_number(run: ExampleRun) -> None:
    mentions(run.after.one(*_VM), "myserial")
    mentions(spec_of(run.after, "myvm"), "myserial")


def pinned(run: ExampleRun) -> None:
    links(_VM, ("nodes", "myhost"))(run)


def lease(run: ExampleRun) -> None:
    links(_VM, ("storage_domains", "mydata"))(run)
    expect(run.after.one(*_VM), high_availability=1)


def nic(run: ExampleRun) -> None:
    identity = seeds.vms.vm_id(run.after)
    if run.before.rows("nics", owner_id=identity):
        raise Differs("it had a NIC before")
    row = run.after.one("nics", owner_id=identity, name="mynic")
    profile = run.after.one("vnic_profiles", name="mynetwork")["id"]
    expect(row, vnic_profile_id=profile, description="My network interface card")


def ovf(run: ExampleRun) -> None:
    vm = run.after.one(*_VM)
    file = run.folder / f"{vm['id']}.ovf"
    if not file.exists():
        raise Differs("no OVF was written")
    text = file.read_text()
    if not all(str(part) in text for part in ("Envelope", vm["name"], vm["id"])):
        raise Differs("the OVF does not describe the VM")


def template(run: ExampleRun) -> None:
    row = was_added(run, "templates", "mytemplate")
    owned = {one["disk_id"] for one in run.after.rows("disk_attachments", owner_id=row["id"])}
    if not owned or not owned <= {disk for disk, _ in run.after.images()}:
        raise Differs("the template's disks are not on the nodes")


def no_numa_nodes(run: ExampleRun) -> None:
    identity = seeds.vms.vm_id(run.before)
    rows = [
        [row for row in state.rows("numa_nodes") if row.get("vm_id") == identity] for state in (run.before, run.after)
    ]
    if not rows[0] or rows[1]:
        raise Differs("the VM still has NUMA nodes")


def disc_is_in(run: ExampleRun) -> None:
    """The node has it in the drive of the VM that runs, and the next run has none."""
    disc, vm = run.after.one("disks", name="mydisc"), run.after.one("vms", name="myvm")
    drive = spec_of(run.after, "myvm").get("cdrom") or {}
    if (drive.get("disc") or {}).get("disk_id") != disc["id"]:
        raise Differs(f"the drive has {drive}")
    expect(vm, current_cd_disk_id=disc["id"], cd_disk_id=None)


CASES = (
    Case("add_vm", from_blank, (seeds.places.my_cluster,)),
    Case("add_independet_vm", independent, _PLACE),
    Case(
        "add_vm_from_template_version",
        from_template_version,
        (*_PLACE, seeds.storage.my_storage(), seeds.templates.version_three),
    ),
    Case("add_vm_pool", pool_of_three, _PLACE),
    Case("add_vm_with_sysprep", sysprep, _PLACE),
    Case("add_template", template, (seeds.vms.my_vm,)),
    Case("remove_vm", gone, (seeds.vms.my_vm,)),
    Case("start_vm", runs, (seeds.vms.my_vm,)),
    Case("stop_vm", stopped, (seeds.vms.my_vm, seeds.vms.started)),
    Case("start_vm_with_boot_devices", boots_from_network, (seeds.vms.my_vm,)),
    Case("start_vm_with_cloud_init", cloud_init, (seeds.vms.my_vm,)),
    Case("add_vm_snapshot", snapshot_added, (seeds.vms.my_vm,)),
    Case(
        "clone_vm_from_snapshot", cloned_from_snapshot, (seeds.places.my_cluster, seeds.vms.my_vm, seeds.vms.snapshot)
    ),
    Case("add_vnc_console", vnc_console, (seeds.vms.my_vm, seeds.vms.without_console), then=seeds.vms.started),
    Case("enable_serial_console", None, (seeds.rows.never("a VM without a serial console: every VM has one"),)),
    Case("set_vm_serial_number", serial_number, (seeds.vms.my_vm,), then=seeds.vms.started),
    Case("pin_vm", pinned, (seeds.vms.my_vm, seeds.places.my_host)),
    Case("set_vm_lease_storage_domain", lease, (seeds.vms.my_vm, seeds.storage.my_storage())),
    Case("add_vm_nic", nic, (seeds.vms.my_vm, seeds.networks.my_network_in_cluster)),
    Case("download_vm_ovf", ovf, (seeds.vms.my_vm,)),
    Case("remove_numa_nodes_from_vm", no_numa_nodes, (seeds.vms.my_vm, seeds.vms.numa_nodes)),
    Case("get_display_ticket", None, (seeds.rows.never("a VM with SPICE: the QEMU of hosts has none"),)),
    Case(
        "change_vm_cd",
        disc_is_in,
        (seeds.vms.my_vm, seeds.vms.started, seeds.disks.disc("mydisc")),
        lambda state: ["-c", CONFIGURATION, "myvm", "--disk-id", str(state.one("disks", name="mydisc")["id"])],
    ),
    Case("fix_dup_nic_macs", None, arguments=lambda state: ["--url", "https://engine40.example.com/ovirt-engine/api"]),
    Case("reprovision_stateless_vm_in_pool", None, (seeds.pools.vm_pool("mypool"),)),
    Case(
        "register_vm",
        registered,
        (seeds.places.my_cluster, seeds.networks.my_network_in_cluster, found_vm("mysd", networks=("mynetwork",))),
    ),
    Case("export_vm", None, (seeds.vms.my_vm,)),
    Case("export_vm_as_ova", None, (seeds.vms.my_vm, seeds.places.my_host)),
    Case("export_template", None, (seeds.templates.my_template,)),
    Case("export_template_as_ova", None, (seeds.templates.my_template, seeds.places.my_host)),
    Case("import_vm", None, (seeds.places.my_cluster, seeds.storage.my_storage())),
    Case("import_vm_from_ova", None, (seeds.places.my_cluster, seeds.storage.my_storage(), seeds.places.my_host)),
    Case("import_vm_from_vmware", None, (seeds.places.my_cluster, seeds.storage.my_storage(), seeds.places.my_host)),
    Case("import_template_from_ova", None, (seeds.places.my_cluster, seeds.storage.my_storage(), seeds.places.my_host)),
    Case("vm_backup", None, (seeds.vms.my_vm, seeds.vms.vm("myagent"))),
)
