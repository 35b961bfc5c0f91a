"""Pools of VMs."""

from tests.conformance.examples import seeds
from tests.conformance.examples.ansible.task import READS, Task
from tests.conformance.examples.ansible.tasks.entities import changes_id
from tests.conformance.examples.ansible.tasks.information import answers, named
from tests.conformance.examples.case import ExampleRun, Oracle
from tests.conformance.examples.oracles import expect, removes, was_added
from tests.conformance.examples.state import Differs


def _pool_made(name: str, template: str, *, prestarted: int) -> Oracle:
    """Two VMs of it, each with disks that stand on the template's."""

    def oracle(run: ExampleRun) -> None:
        base = run.after.one("templates", name=template)["id"]
        pool = was_added(run, "vm_pools", name)
        expect(pool, template_id=base, prestarted_vms=prestarted, max_user_vms=1)
        vms = run.after.rows("vms", vm_pool_id=pool["id"])
        if (names := sorted(vm["name"] for vm in vms)) != [f"{name}-1", f"{name}-2"]:
            raise Differs(f"its VMs are {names}")
        for vm in vms:
            expect(vm, template_id=base)
            attached = {one["disk_id"] for one in run.after.rows("disk_attachments", owner_id=vm["id"])}
            images = {disk for disk, _ in run.after.images()}
            if not attached or not attached <= images:
                raise Differs(f"{vm['name']} has disks without images")

    return oracle


def _initialized_pool(run: ExampleRun) -> None:
    """Each of its VMs has the memory, the NIC and what its guest is to be told."""
    _pool_made("vmpool", "blank", prestarted=1)(run)
    profile = run.after.one("vnic_profiles", name="network")["id"]
    for vm in run.after.rows("vms", vm_pool_id=run.after.one("vm_pools", name="vmpool")["id"]):
        expect(vm, memory_bytes=4 * GIB, memory_guaranteed_bytes=4 * GIB, memory_max_bytes=10 * GIB)
        expect(run.after.one("nics", owner_id=vm["id"], name="nicname"), vnic_profile_id=profile)
        for word in ("example.com", "10.34.60.86", "255.255.252.0"):
            if word not in str(vm["initialization"]):
                raise Differs(f"{vm['name']} does not tell its guest {word}")


def _pool_removed(run: ExampleRun) -> None:
    removes("vm_pools", "myvmpool")(run)
    pool = run.before.one("vm_pools", name="myvmpool")["id"]
    vms = [vm["id"] for vm in run.before.rows("vms", vm_pool_id=pool)]
    if not vms or not set(vms) & set(run.before.vms_running()):
        raise Differs("none of its VMs ran before")
    if set(vms) & set(run.after.vms_running()) or any(run.after.rows("vms", id=vm) for vm in vms):
        raise Differs("a VM of it is still there")


GIB = 1 << 30
_PLACE = (seeds.rows.renamed("templates", "tiny", "rhel7"), seeds.rows.renamed("clusters", "Default", "mycluster"))
TASKS = (
    Task("ovirt_vmpool/0", _pool_made("myvmpool", "rhel7", prestarted=2), _PLACE),
    Task("ovirt_vmpool/1", _pool_removed, (seeds.pools.vm_pool("myvmpool"), seeds.pools.pool_in_use("myvmpool"))),
    Task(
        "ovirt_vmpool/2",
        changes_id("vm_pools", "new_pool_name"),
        (seeds.pools.vm_pool("old"), seeds.pools.pool_with_no_id),
    ),
    Task(
        "ovirt_vmpool/3",
        _initialized_pool,
        (seeds.rows.renamed("templates", "tiny", "blank"), *_PLACE[1:], seeds.networks.profile("network", "ovirtmgmt")),
    ),
    Task(
        "ovirt_vmpool_info/0",
        answers("ovirt_vm_pools", "vm_pools", named("centos")),
        (seeds.pools.vm_pool("centos7"), seeds.pools.vm_pool("rhel9")),
        READS,
    ),
)
