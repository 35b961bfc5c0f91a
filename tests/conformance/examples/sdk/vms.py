"""VMs: adding, changing, running, removing them, and what hangs on them."""

import re

import yaml

from tests.conformance.examples import seeds
from tests.conformance.examples.case import Case, Seen
from tests.conformance.examples.found import found_vm
from tests.conformance.examples.oracles import expect, links, mentions, spec_of, was_added
from tests.conformance.examples.run import CONFIGURATION
from tests.conformance.examples.state import Differs

_VM = ("vms", "myvm")
_PLACE = (seeds.places.my_cluster, seeds.templates.my_template)


def from_blank(seen: Seen) -> None:
    row = was_added(seen, *_VM)
    expect(row, cluster_id=seen.after.one("clusters", name="mycluster")["id"], status="down")
    expect(row, template_id=seen.after.one("templates", name="Blank")["id"])


def independent(seen: Seen) -> None:
    """Nothing of its disks depends on the template's."""
    row = was_added(seen, "vms", "myclonedvm")
    disks = [one["disk_id"] for one in seen.after.rows("disk_attachments", owner_id=row["id"])]
    images = [image for (disk, _), image in seen.after.images().items() if disk in disks]
    if not images or len(images) != len(disks):
        raise Differs("not each of its disks is one image on the nodes")
    if any(image.get("backing") for image in images):
        raise Differs("an image stands on one of the template")


def from_template_version(seen: Seen) -> None:
    row = was_added(seen, *_VM)
    template = seen.after.one("templates", id=row["template_id"])
    expect(template, version_number=3)
    attachment = seen.after.one("disk_attachments", owner_id=row["id"])
    disk = seen.after.one("disks", id=attachment["disk_id"])
    expect(disk, format="cow", storage_domain_id=seen.after.one("storage_domains", name="mydata")["id"])


def registered(seen: Seen) -> None:
    """Under the name that it is given, with its own disk, in the network that it is mapped to."""
    found = seen.before.one("unregistered_entities", name="myvm")
    row = was_added(seen, "vms", "exported_myvm")
    expect(row, id=found["entity_id"], cluster_id=seen.after.one("clusters", name="mycluster")["id"])
    attachment = seen.after.one("disk_attachments", owner_id=row["id"])
    disk = seen.after.one("disks", id=attachment["disk_id"])
    if (disk["id"], disk["image_id"]) not in seen.before.images():
        raise Differs("its disk is not the one that lay there")
    nic = seen.after.one("nics", owner_id=row["id"])
    expect(nic, vnic_profile_id=seen.after.one("vnic_profiles", name="mynetwork")["id"])


def seed_of(seen: Seen, label: str) -> dict[str, str]:
    """The files on the disc that the node gave the VM for this run: none of it is the VM's own."""
    seed = spec_of(seen.after, "myvm").get("seed") or {"label": "", "files": ()}
    if seed["label"] != label:
        raise Differs(f"the VM runs with a seed called {seed['label']!r}, not {label!r}")
    expect(seen.after.one(*_VM), initialization=None, os_type="other", run_once=1)
    return {file["path"]: file["text"] for file in seed["files"]}


def sysprep(seen: Seen) -> None:
    was_added(seen, *_VM)
    text = seed_of(seen, "SYSPREP").get("Unattend.xml", "")
    if not re.search(r"<unattend xmlns=.urn:schemas-microsoft-com:unattend.>\s+\.\.\.\s+</unattend>", text):
        raise Differs("the disc does not have the answer file")


def pool_of_three(seen: Seen) -> None:
    was_added(seen, "vm_pools", "myvmpool")
    names = [row["name"] for row in seen.after.rows("vms") if row["name"].startswith("myvmpool-")]
    if len(names) != 3:
        raise Differs(f"the pool has {len(names)} VMs")


def gone(seen: Seen) -> None:
    identity = seeds.vms.vm_id(seen.before)
    if seen.after.rows("vms", id=identity):
        raise Differs("the VM is still there")
    disks = {row["disk_id"] for row in seen.before.rows("disk_attachments", owner_id=identity)}
    if disks & {disk for disk, _ in seen.after.images()}:
        raise Differs("an image of it is still there")


def runs(seen: Seen) -> None:
    if seeds.vms.vm_id(seen.before) in seen.before.vms_running():
        raise Differs("it ran before")
    spec_of(seen.after, "myvm")


def stopped(seen: Seen) -> None:
    spec_of(seen.before, "myvm")
    if seeds.vms.vm_id(seen.before) in seen.after.vms_running():
        raise Differs("it still runs")
    expect(seen.after.one(*_VM), status="down")


def boots_from_network(seen: Seen) -> None:
    """The node is told, for this one run only."""
    mentions(spec_of(seen.after, "myvm"), "network", "cdrom")
    if seen.after.one(*_VM)["boot_devices"] != seen.before.one(*_VM)["boot_devices"]:
        raise Differs("the VM would boot so the next time, too")


def cloud_init(seen: Seen) -> None:
    files = {name: yaml.safe_load(text) for name, text in seed_of(seen, "cidata").items()}
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


def snapshot_added(seen: Seen) -> None:
    identity = seeds.vms.vm_id(seen.after)
    rows = [row for row in seen.after.rows("snapshots") if row.get("description") == "My snapshot"]
    if not any(row.get("vm_id") == identity for row in rows):
        raise Differs("the VM has no such snapshot")
    if len(seen.after.images()) <= len(seen.before.images()):
        raise Differs("no node made an image for it")


def cloned_from_snapshot(seen: Seen) -> None:
    row = was_added(seen, "vms", "myclonedvm")
    if not seen.after.rows("disk_attachments", owner_id=row["id"]):
        raise Differs("the clone has no disks")


def vnc_console(seen: Seen) -> None:
    mentions(spec_of(seen.after, "myvm"), "vnc")


def serial_number(seen: Seen) -> None:
    mentions(seen.after.one(*_VM), "myserial")
    mentions(spec_of(seen.after, "myvm"), "myserial")


def pinned(seen: Seen) -> None:
    links(_VM, ("nodes", "myhost"))(seen)


def lease(seen: Seen) -> None:
    links(_VM, ("storage_domains", "mydata"))(seen)
    expect(seen.after.one(*_VM), high_availability=1)


def nic(seen: Seen) -> None:
    identity = seeds.vms.vm_id(seen.after)
    if seen.before.rows("nics", owner_id=identity):
        raise Differs("it had a NIC before")
    row = seen.after.one("nics", owner_id=identity, name="mynic")
    profile = seen.after.one("vnic_profiles", name="mynetwork")["id"]
    expect(row, vnic_profile_id=profile, description="My network interface card")


def ovf(seen: Seen) -> None:
    vm = seen.after.one(*_VM)
    file = seen.folder / f"{vm['id']}.ovf"
    if not file.exists():
        raise Differs("no OVF was written")
    text = file.read_text()
    if not all(str(part) in text for part in ("Envelope", vm["name"], vm["id"])):
        raise Differs("the OVF does not describe the VM")


def template(seen: Seen) -> None:
    row = was_added(seen, "templates", "mytemplate")
    owned = {one["disk_id"] for one in seen.after.rows("disk_attachments", owner_id=row["id"])}
    if not owned or not owned <= {disk for disk, _ in seen.after.images()}:
        raise Differs("the template's disks are not on the nodes")


def no_numa_nodes(seen: Seen) -> None:
    identity = seeds.vms.vm_id(seen.before)
    rows = [
        [row for row in state.rows("numa_nodes") if row.get("vm_id") == identity] for state in (seen.before, seen.after)
    ]
    if not rows[0] or rows[1]:
        raise Differs("the VM still has NUMA nodes")


def disc_is_in(seen: Seen) -> None:
    """The node has it in the drive of the VM that runs, and the next run has none."""
    disc, vm = seen.after.one("disks", name="mydisc"), seen.after.one("vms", name="myvm")
    drive = spec_of(seen.after, "myvm").get("cdrom") or {}
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
