"""Disks and storage domains."""

from tests.conformance.examples import seeds
from tests.conformance.examples.case import Case, ExampleRun
from tests.conformance.examples.oracles import adds, expect, was_added
from tests.conformance.examples.run import CONFIGURATION
from tests.conformance.examples.state import Differs, Row, State

GIB = 1 << 30
_DESCRIPTION = "Created by add_disks.py"
_OF_DISKS = ["-c", CONFIGURATION, "--sd-name", "mydata"]


def image_of(state: State, disk: Row) -> Row:
    images = [image for (owner, _), image in state.images().items() if owner == disk["id"]]
    if len(images) != 1:
        raise Differs(f"the nodes have {len(images)} images of {disk['name']}")
    return images[0]


def made(run: ExampleRun, name: str, size: int, description: str) -> Row:
    disk = was_added(run, "disks", name)
    domain = run.after.one("storage_domains", id=disk["storage_domain_id"])["name"]
    expect(disk, provisioned_size_bytes=size, description=description, status="ok")
    expect(image_of(run.after, disk), virtual_size_bytes=size)
    if domain not in ("mydata", "bs-scsi-012"):
        raise Differs(f"{name} lies on {domain}")
    return disk


def many_made(run: ExampleRun) -> None:
    for number in range(3):
        made(run, f"disk-{number}", GIB, _DESCRIPTION)


def many_deleted(run: ExampleRun) -> None:
    before = run.before.rows("disks", description=_DESCRIPTION)
    if len(before) != 2 or run.after.rows("disks", description=_DESCRIPTION):
        raise Differs("disks of that description are still there")
    if {disk["id"] for disk in before} & {owner for owner, _ in run.after.images()}:
        raise Differs("images of them are still on the nodes")
    image_of(run.after, run.after.one("disks", name="another-disk"))


def attached(run: ExampleRun) -> None:
    disk = made(run, "mydisk", 10 * GIB, "My disk")
    row = run.after.one("disk_attachments", owner_id=seeds.vms.vm_id(run.after), disk_id=disk["id"])
    expect(row, active=1, bootable=0, interface="virtio")


def extended(run: ExampleRun) -> None:
    made(run, "mydisk", 12 * GIB, "my disk")


def unplugged(run: ExampleRun) -> None:
    disk = run.before.one("disks", name="mydisk")["id"]
    rows = [state.one("disk_attachments", disk_id=disk) for state in (run.before, run.after)]
    if (rows[0]["active"], rows[1]["active"]) != (1, 0):
        raise Differs("the disk is still plugged")


def sparser(run: ExampleRun) -> None:
    images = [image_of(state, state.one("disks", name="mydisk")) for state in (run.before, run.after)]
    if not images[1]["actual_size_bytes"] < images[0]["actual_size_bytes"]:
        raise Differs("the image takes as much room as before")
    expect(run.after.one("disks", name="mydisk"), status="ok", actual_size_bytes=images[1]["actual_size_bytes"])


def another_master(run: ExampleRun) -> None:
    masters = [[row["name"] for row in state.rows("storage_domains", master=1)] for state in (run.before, run.after)]
    if masters[0] == ["mydata"] or masters[1] != ["mydata"]:
        raise Differs(f"the master is {masters[1]}")


def domain_added(run: ExampleRun) -> None:
    """Nobody has it mounted until it is attached."""
    domain = was_added(run, "storage_domains", "mydata")
    connection = run.after.one("storage_connections", id=domain["storage_connection_id"])
    expect(domain, status="unattached", data_center_id=None, description="My data")
    expect(connection, type="nfs", address="server0.example.com", path="/nfs/ovirt/40/mydata")
    if any(domain["id"] in node.mounts for node in run.after.nodes.values()):
        raise Differs("it is mounted")


def domain_attached(run: ExampleRun) -> None:
    before, after = (state.one("storage_domains", name="mydata") for state in (run.before, run.after))
    expect(before, data_center_id=None)
    expect(after, status="active", data_center_id=run.after.one("data_centers", name="mydc")["id"])
    if not all(node.mounts.get(after["id"]) == "nas:/srv/mydata" for node in run.after.nodes.values()):
        raise Differs("not every node has it mounted")


_ATTACH = (seeds.places.my_data_center,)
CASES = (
    Case(
        "add_disks",
        many_made,
        (seeds.storage.my_storage(),),
        lambda state: [*_OF_DISKS, "--count", "3", "--format", "qcow2", "--sparse"],
    ),
    Case(
        "delete_disks",
        many_deleted,
        (
            seeds.storage.my_storage(),
            seeds.disks.disk("first-disk", _DESCRIPTION),
            seeds.disks.disk("second-disk", _DESCRIPTION),
            seeds.disks.disk("another-disk"),
        ),
        lambda state: _OF_DISKS,
    ),
    Case(
        "add_floating_disk",
        lambda run: _nothing(made(run, "mydisk", 10 * GIB, "My disk")),
        (seeds.storage.my_storage(),),
    ),
    Case("add_vm_disk", attached, (seeds.vms.my_vm, seeds.storage.my_storage())),
    Case("extend_disk", extended, (seeds.vms.my_vm, seeds.storage.my_storage("bs-scsi-012"))),
    Case("deactivate_disk_attachment", unplugged, (seeds.vms.my_vm, seeds.disks.disk_of_vm())),
    Case("sparsify_disk", sparser, (seeds.disks.disk("mydisk"), seeds.disks.zeros_on("mydisk"))),
    Case(
        "reduce_disk",
        None,
        (seeds.disks.disk("mydisk"),),
        lambda state: ["-c", CONFIGURATION, str(state.one("disks", name="mydisk")["id"])],
    ),
    Case("add_lun_disk_to_vm", None, (seeds.vms.my_vm,)),
    Case("add_nfs_data_storage_domain", domain_added, (seeds.places.my_host,)),
    Case("add_nfs_iso_storage_domain", adds("storage_domains", "myiso", "My ISO"), (seeds.places.my_host,)),
    Case(
        "add_iscsi_data_storage_domain",
        adds("storage_domains", "mydata"),
        (seeds.places.my_data_center, seeds.places.my_host),
    ),
    Case("attach_nfs_data_storage_domain", domain_attached, (*_ATTACH, seeds.storage.unattached("mydata"))),
    Case("attach_nfs_iso_storage_domain", None, (*_ATTACH, seeds.rows.never("a storage domain of ISO images"))),
    Case(
        "change_master",
        another_master,
        (seeds.places.my_data_center, seeds.storage.attached()),
        lambda state: ["-c", CONFIGURATION, "mydc", "mydata"],
    ),
    Case("add_openstack_image_provider", adds("openstack_image_providers", "myglance")),
    Case("import_glance_image", None),
    Case("list_glance_images", None),
)


def _nothing(row: Row) -> None:
    """An oracle answers nothing."""
