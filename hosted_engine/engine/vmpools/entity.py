"""Pools of VMs in the API."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from hosted_engine.engine.command import Command
from hosted_engine.engine.entity.changes import changes
from hosted_engine.engine.entity.declaration import Action, Entity, Link, Options, Place, Values, View
from hosted_engine.engine.entity.events import Events
from hosted_engine.engine.entity.field import Field, Part, Settable, Structure
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, NotSupported
from hosted_engine.engine.search.terms import Always, Count, Of, Value, path
from hosted_engine.engine.vmpools.commands.allocate import AllocateVm
from hosted_engine.engine.vmpools.commands.fill import FillPool, new_pool
from hosted_engine.engine.vmpools.commands.remove import RemovePool
from hosted_engine.engine.vmpools.members import vms_of
from hosted_engine.engine.vmpools.model import MAX_VMS, VmPool
from hosted_engine.engine.vmpools.names import check_mask, new_names
from hosted_engine.engine.vms.checks import check_vm
from hosted_engine.engine.vms.commands.add import AddVm
from hosted_engine.engine.vms.entity import VMS
from hosted_engine.engine.vms.model import HANDED_ON, RUNNING, Vm
from hosted_engine.engine.vms.next_run import with_next_run

OF_THE_POOL = frozenset({"name", "cluster_id", "template_id", "instance_type_id"})


class _NoOptions:
    """Of what no request asked for."""

    def text(self, name: str) -> str | None:
        return None

    def boolean(self, name: str) -> bool | None:
        return None

    def integer(self, name: str) -> int | None:
        return None


class VmPoolEntity(Entity[VmPool]):
    def check(self, tx: Transaction, item: VmPool, before: VmPool | None) -> None:
        check_mask(item.name)
        if before is not None:
            _check_prestarted(item, len(vms_of(tx, item.id)))

    def add(self, tx: Transaction, given: Values, options: Options, *, place: int = 0) -> tuple[Command, VmPool]:
        pool, size = self.make(tx, given), given.get("size", 1)
        if options.boolean("seal"):
            reason = "nodes do not take a guest's own traces (keys, addresses) off an image"
            raise NotSupported(value="true", field="seal", reason=reason)
        check_mask(pool.name)
        _check_prestarted(pool, size)
        return new_pool(pool, _new_vms(tx, pool, size, _settings(given.get("vm", {})))), pool

    def update(self, tx: Transaction, before: VmPool, given: Values, options: Options) -> tuple[Command, VmPool]:
        there, item = vms_of(tx, before.id), self.change(tx, before, given)
        size = given.get("size", len(there))
        if size < len(there):
            reason = f"it has {len(there)} VMs: detach or remove those that it is to lose"
            raise BadValue(value=size, field="vm_pool.size", reason=reason)
        if there and "vm" in given:
            VMS.check_same(tx, there[0], _settings(given["vm"]), "vm_pool.vm")
        if size == len(there):
            return super().update(tx, before, given, options)
        _check_prestarted(item, size)
        vms = _vms_like(tx, item, size - len(there), with_next_run(there[0]))
        return FillPool(id=item.id, vms=tuple(vms), changes=changes(before, item)), item

    def remove(self, tx: Transaction, item: VmPool, options: Options, *, place: int = 0) -> Command:
        return RemovePool(id=item.id)

    def part(self, tx: Transaction, item: VmPool, name: str) -> Any:
        return next(iter(vms_of(tx, item.id)), None)

    def parts(self, tx: Transaction, item: VmPool, command: Command, given: Values) -> Mapping[str, Any]:
        if "vm" not in given:
            return {}
        new = command.vms[0].wanted if isinstance(command, FillPool) else self.part(tx, item, "vm")
        return {"vm": (VMS, new)} if new is not None else {}

    def gather(self, view: View, items: Sequence[VmPool]) -> Any:
        """The VMs of each."""
        vms: dict[str, list[Vm]] = {item.id: [] for item in items}
        for vm in view.tx.vms.list(vm_pool_id=tuple(vms)) if vms else ():
            vms[str(vm.vm_pool_id)].append(vm)
        return vms

    def show(self, item: VmPool, gathered: Any) -> Mapping[str, Any]:
        vms = gathered.get(item.id, ())
        return {"size": len(vms), "vm": Link("vms", vms[0].id) if vms else None}


def _check_prestarted(pool: VmPool, size: int) -> None:
    if pool.prestarted_vms > size:
        reason = f"the pool has no more than {size} VMs"
        raise BadValue(value=pool.prestarted_vms, field="vm_pool.prestarted_vms", reason=reason)


def _settings(given: Values) -> Values:
    """What a body says of all of its VMs. Raises BadValue for what is one VM's, or the pool's."""
    for name in given:
        if name in OF_THE_POOL:
            raise BadValue(
                value=given[name], field=VMS.place(name, "vm_pool.vm"), reason="it is said of the pool itself"
            )
        if name not in VMS.columns:
            reason = "the VMs of a pool have the disks and NICs of its template"
            raise NotSupported(value="it", field=VMS.place(name, "vm_pool.vm"), reason=reason)
    return {name: value for name, value in given.items() if name != "id"}


def _new_vms(tx: Transaction, pool: VmPool, how_many: int, settings: Values) -> list[AddVm]:
    """Thin on the pool's template."""
    taken = {vm.name for vm in tx.vms.list()}
    of_pool = {"cluster_id": pool.cluster_id, "template_id": pool.template_id, "vm_pool_id": pool.id}
    if pool.instance_type_id is not None:
        of_pool["instance_type_id"] = pool.instance_type_id
    commands = []
    for name in new_names(pool.name, how_many, taken):
        command, vm = VMS.add(tx, {**settings, **of_pool, "name": name}, _NoOptions())
        assert isinstance(command, AddVm)
        check_vm(vm)
        commands.append(command)
    return commands


def _vms_like(tx: Transaction, pool: VmPool, how_many: int, like: Vm) -> list[AddVm]:
    """Structures are taken as they lie in the store: their secrets are sealed already."""
    structures = {name for name in HANDED_ON if isinstance(VMS.columns[name].field, Structure)}
    settings = {name: getattr(like, name) for name in HANDED_ON if name not in structures}
    same = {name: msgspec.to_builtins(getattr(like, name)) for name in structures}
    vms = _new_vms(tx, pool, how_many, settings)
    return [msgspec.structs.replace(vm, vm=vm.vm | same) for vm in vms]


def _allocate(tx: Transaction, pool: VmPool, given: Values) -> Command:
    return AllocateVm(pool_id=pool.id, user_id=given["caller_id"])


def _allocated(command: AllocateVm) -> Mapping[str, Link]:
    return {"vm": Link("vms", command.id)}


VM_POOLS = VmPoolEntity(
    VmPool,
    "vm_pools",
    kind="VM pool",
    type="VmPool",
    path="vmpools",
    places=(Place(("VmPools", "VmPool")),),
    unique=(("name",),),
    events=Events(update=EventKind("USER_UPDATE_VM_POOL", "VM pool {name} was changed by {user}.")),
    shown={
        "auto_storage_select": False,
        "rng_device.source": "urandom",
        "soundcard_enabled": False,
        "tpm_enabled": False,
        "use_latest_template_version": False,
    },
    inputs={
        "size": Field("size", least=1, most=MAX_VMS),
        "vm": Part(
            "vm",
            of="vms",
            settable=Settable.ON_ADD,
            existing=True,
            completed=("name", "cluster_id", "template_id"),
        ),
    },
    searches={
        "architecture": Value(Always("x86_64")),
        "assigned_vm_count": Count(path("vms.vm_pool_id")),
        "datacenter": Of(path("cluster_id"), "datacenter"),
        "running_vm_count": Count(path("vms.vm_pool_id"), "status", frozenset(RUNNING)),
    },
    actions={"allocate_vm": Action(_allocate, of_caller=True, answers=_allocated)},
)
