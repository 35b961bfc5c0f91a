"""Adds, changes and removes a device of a running VM: its host plugs it, and what the store has follows."""

from collections.abc import Collection
from typing import Any, Protocol, Self

import msgspec

from hosted_engine.engine.command import Context, Dependencies
from hosted_engine.engine.entity.commands import AddEntity, EntityCommand, RemoveEntity, UpdateEntity
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import WrongState
from hosted_engine.engine.vms.checks import the_vm
from hosted_engine.engine.vms.model import RUNNING, Vm
from node.api.contract import NodeApi
from node.steps import Step


class Device(Protocol):
    """How one kind of device is plugged. `request` is what a node is asked with."""

    def is_plugged(self, item: Any) -> bool: ...
    def request(self, tx: Transaction, vm: Vm, item: Any) -> Any: ...
    async def plug(self, node: NodeApi, vm_id: str, request: Any) -> None: ...
    async def unplug(self, node: NodeApi, vm_id: str, request: Any) -> None: ...

    plugged: EventType
    not_plugged: EventType
    unplugged: EventType
    not_unplugged: EventType


DEVICES: dict[str, Device] = {}  # by table; each subject names its own


def runs(tx: Transaction, vm_id: str) -> bool:
    """Whether there is a running VM of that id, so that its host has to be asked."""
    vm = tx.vms.get(vm_id)
    return vm is not None and vm.status in RUNNING


def refuse_started(tx: Transaction, vm_id: str, action: str) -> None:
    """Raises WrongState for a VM that was started between a request and its command, which would ask no host."""
    if runs(tx, vm_id):
        name = the_vm(tx, vm_id).name
        raise WrongState(action=action, kind="VM", name=name, reason="it has just been started", mend="Try again")


async def set_device(dependencies: Dependencies, table: str, item: Any, *, there: bool) -> None:
    """Have the host of its VM plug it as it is, or unplug it. Safe to repeat. Nothing where the VM has ended."""
    device = DEVICES[table]
    with dependencies.store.transaction() as tx:
        vm = the_vm(tx, item.owner_id)
        if vm.status not in RUNNING or vm.node_id is None:
            return
        request = device.request(tx, vm, item)
    node = await dependencies.fleet.node(vm.node_id)
    if there and device.is_plugged(item):
        await device.plug(node, vm.id, request)
    else:
        await device.unplug(node, vm.id, request)


def device_step(dependencies: Dependencies, table: str, item: Any) -> Step:
    """Plugs what comes into being with other steps before it."""

    async def plug() -> None:
        await set_device(dependencies, table, item, there=True)

    async def unplug() -> None:
        await set_device(dependencies, table, item, there=False)

    return Step("plug", "Plug the device into the running VM", plug, unplug)


def _emit(
    command: EntityCommand, tx: Transaction, context: Context, item: Any, type_: EventType, reason: str = ""
) -> None:
    vm = the_vm(tx, item.owner_id)
    node = tx.nodes.get(vm.node_id) if vm.node_id else None
    name = command.entity.event_values(tx, item).get("name", command.entity.name_of(item))
    emit(tx, context, type_, vm=vm, node=node, device=name, reason=reason)


class HotAdd(AddEntity, frozen=True, kw_only=True):
    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        return (device_step(dependencies, self.table, self._item()),)

    def finish(self, tx: Transaction, context: Context) -> None:
        super().finish(tx, context)
        _emit(self, tx, context, self._item(), DEVICES[self.table].plugged)

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        _emit(self, tx, context, self._item(), DEVICES[self.table].not_plugged, error)


class HotUpdate(UpdateEntity, frozen=True, kw_only=True):
    """`was` is the object before, as JSON has it, to go back to."""

    was: dict[str, Any]

    @classmethod
    def of(cls, entity: Any, before: Any, item: Any) -> Self:
        plain = UpdateEntity.of(entity, before, item)
        return cls(
            table=plain.table,
            id=plain.id,
            required_locks=plain.required_locks,
            changes=plain.changes,
            was=msgspec.to_builtins(before),
        )

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        async def change() -> None:
            await set_device(dependencies, self.table, self._wanted(), there=True)

        async def change_back() -> None:
            await set_device(dependencies, self.table, self._before(), there=True)

        return (Step("plug", "Change the device of the running VM", change, change_back),)

    def finish(self, tx: Transaction, context: Context) -> None:
        super().finish(tx, context)
        before, item = map(DEVICES[self.table].is_plugged, (self._before(), self._wanted()))
        if before is not item:
            type_ = DEVICES[self.table].plugged if item else DEVICES[self.table].unplugged
            _emit(self, tx, context, self._wanted(), type_)

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        item = self._wanted()
        plugs = DEVICES[self.table].is_plugged(item)
        _emit(
            self,
            tx,
            context,
            item,
            DEVICES[self.table].not_plugged if plugs else DEVICES[self.table].not_unplugged,
            error,
        )

    def _before(self) -> Any:
        return msgspec.convert(self.was, self.entity.model)

    def _wanted(self) -> Any:
        return msgspec.convert(self.was | self.changes, self.entity.model)


class HotRemove(RemoveEntity, frozen=True, kw_only=True):
    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        async def unplug() -> None:
            await set_device(dependencies, self.table, self._there(dependencies), there=False)

        async def plug() -> None:
            await set_device(dependencies, self.table, self._there(dependencies), there=True)

        return (Step("unplug", "Unplug the device from the running VM", unplug, plug),)

    def finish(self, tx: Transaction, context: Context) -> None:
        if (item := tx.of(self.entity.model).get(self.id)) is not None:
            _emit(self, tx, context, item, DEVICES[self.table].unplugged)
        super().finish(tx, context)

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        _emit(self, tx, context, self.the_item(tx), DEVICES[self.table].not_unplugged, error)

    def _there(self, dependencies: Dependencies) -> Any:
        with dependencies.store.transaction() as tx:
            return self.the_item(tx)
