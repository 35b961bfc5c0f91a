"""Changes what a VM is made of."""

from dataclasses import replace
from typing import Any, Self

import msgspec

from hosted_engine.engine.command import Context, Lock, good_name
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.vms.checks import changeable_vm, check_make, check_name_free, resting_vm, the_vm
from hosted_engine.engine.vms.commands.wish import VmWish
from hosted_engine.engine.vms.model import Vm

HARMLESS = frozenset(
    {"description", "comment", "delete_protected", "high_availability", "high_availability_priority", "stateless"}
)  # may change while it runs; the rest would only hold from the next start on


class UpdateVm(VmWish, frozen=True, kw_only=True):
    id: str
    name: str | None = None

    def check(self, tx: Transaction) -> None:
        vm = changeable_vm(tx, self.id, "change")
        if not set(self._changes(vm)) <= HARMLESS:
            resting_vm(tx, self.id, "change the hardware of")
        if self.name is not None:
            check_name_free(tx, good_name(self.name, kind="VM"), self.id)
        check_make(self._changed(vm))

    def settle(self, tx: Transaction, readings: Readings) -> Self:
        return self if self.name is None else msgspec.structs.replace(self, name=good_name(self.name, kind="VM"))

    def describe(self, tx: Transaction) -> str:
        return f"Editing VM {the_vm(tx, self.id).name}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("VM", self.id),)

    def finish(self, tx: Transaction, context: Context) -> None:
        vm = self._changed(the_vm(tx, self.id))
        tx.vms.update(vm)
        emit(tx, context, EventType.USER_UPDATE_VM, vm=vm)

    def _changes(self, vm: Vm) -> dict[str, Any]:
        given = {name: getattr(self, name) for name in self.__struct_fields__ if name != "id"}
        return {name: value for name, value in given.items() if value is not None and value != getattr(vm, name)}

    def _changed(self, vm: Vm) -> Vm:
        """Memory alone moves its companions along, so that they stay within their bounds."""
        changed = replace(vm, **self._changes(vm))
        if self.memory_bytes is not None and self.memory_guaranteed_bytes is None:
            changed = replace(changed, memory_guaranteed_bytes=min(vm.memory_guaranteed_bytes, self.memory_bytes))
        if self.memory_bytes is not None and self.memory_max_bytes is None:
            changed = replace(changed, memory_max_bytes=max(vm.memory_max_bytes, self.memory_bytes))
        return changed
