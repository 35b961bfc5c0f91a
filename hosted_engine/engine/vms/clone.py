"""A VM like another one, as it is or was at a snapshot, with full copies of its disks."""

from hosted_engine.engine.disks.layers import layer_in
from hosted_engine.engine.entity.declaration import Values
from hosted_engine.engine.ids import BLANK_TEMPLATE_ID, new_id
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, NotSupported
from hosted_engine.engine.snapshots.config import disk_then, disks_in, nics_in
from hosted_engine.engine.snapshots.model import Snapshot
from hosted_engine.engine.vms.commands.add import AddVm
from hosted_engine.engine.vms.copies import Base, bases_of
from hosted_engine.engine.vms.devices import NewNic, made_of, new_disks, nic_like
from hosted_engine.engine.vms.model import HANDED_ON, Vm
from hosted_engine.engine.vms.next_run import with_next_run

_OF_A_CLONE = ("cluster_id", "instance_type_id", "affinity", "host_ids", "initialized")


def clone(tx: Transaction, vm: Vm, given: Values) -> AddVm:
    """Its NICs get addresses of their own."""
    if not given.get("name"):
        raise BadValue(value="nothing", field="action.vm.name", reason="the clone has to have a name")
    if given.get("discard_snapshots") is False:
        reason = "a clone has its disks as they are now, and no snapshots"
        raise NotSupported(value="false", field="action.discard_snapshots", reason=reason)
    source = with_next_run(vm)
    like = Vm(
        **{name: getattr(source, name) for name in (*HANDED_ON, *_OF_A_CLONE)},
        id=new_id(),
        name=given["name"],
        template_id=BLANK_TEMPLATE_ID,
        original_template_id=made_of(vm),
    )
    storage_domain_id = given.get("storage_domain_id")
    return AddVm.of(
        like,
        disks=new_disks(tx, like, (), bases_of(tx, vm.id), full=True, storage_domain_id=storage_domain_id),
        nics=tuple(NewNic(nic=nic_like(nic, like.id)) for nic in tx.nics.list(owner_id=vm.id)),
        source_vm_id=vm.id,
    )


def from_snapshot(tx: Transaction, snapshot: Snapshot, like: Vm, given: Values) -> AddVm:
    """`like` is the VM as it will be; what is given of its disks is of the copies of those that the snapshot holds."""
    bases = {}
    for attachment, disk in disks_in(snapshot):
        if layer_in(tx, disk.id, snapshot.id) is not None:
            bases[disk.id] = Base(attachment, disk_then(tx, snapshot, disk))
    storage_domain_id, attributes = given.get("storage_domain_id"), given.get("disk_attachments", ())
    return AddVm.of(
        like,
        disks=new_disks(tx, like, attributes, bases, full=True, storage_domain_id=storage_domain_id),
        nics=tuple(NewNic(nic=nic_like(nic, like.id)) for nic in nics_in(snapshot)),
        source_vm_id=snapshot.vm_id,
        snapshot_id=snapshot.id,
    )
