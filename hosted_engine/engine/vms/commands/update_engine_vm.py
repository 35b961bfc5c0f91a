"""Changes memory and processors of the engine's own VM from its next start on, where trivet-ha reads them."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any, ClassVar, Self

import msgspec

from hosted_engine.engine.command import Command, Context, Dependencies, Lock
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue
from hosted_engine.engine.storage.mounting import hosted_engine_domain
from hosted_engine.engine.vms.checks import check_make, the_vm
from hosted_engine.engine.vms.engine_vm import with_config
from hosted_engine.engine.vms.model import Vm
from node.api.engine_vm import has_failed
from node.api.messages.ha import EngineVmEdit, EngineVmReport
from node.api.problems import Refused
from node.steps import Step

AT_ONCE = frozenset({"description", "comment"})
WITH_NEXT_START = frozenset({"memory_bytes", "sockets", "cores", "threads"})
FOLLOWING = frozenset({"memory_guaranteed_bytes", "memory_max_bytes"})  # all of its memory is guaranteed, and no more


class NotOfEngineVm(Refused):
    what = "Cannot change {fields} of VM {name}"
    why = "it is the engine's own VM: memory, processors, description and comment are all that can be edited of it"
    mend = "Leave these as they are"


class UpdateEngineVm(Command, frozen=True, kw_only=True):
    """`given` holds the fields that were said; `edit` names the change on the volume; `to` is what the next start
    takes, None where that stays."""

    forward_only: ClassVar[bool] = True

    id: str
    given: dict[str, Any]
    edit: str = msgspec.field(default_factory=new_id)
    to: EngineVmEdit | None = None

    def check(self, tx: Transaction) -> None:
        vm = the_vm(tx, self.id)
        known = AT_ONCE | WITH_NEXT_START | FOLLOWING
        if fields := [name for name in self.given if name not in known and self.given[name] != getattr(vm, name)]:
            raise NotOfEngineVm(fields=", ".join(sorted(fields)), name=vm.name)

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        wanted = _wanted(the_vm(tx, self.id), readings.engine_vm)
        changed = self._changed(wanted)
        if changed == wanted:
            return self
        check_make(changed)
        _check_fits(tx, changed)
        edit = EngineVmEdit(
            edit=self.edit,
            memory_bytes=changed.memory_bytes,
            sockets=changed.sockets,
            cores=changed.cores,
            threads=changed.threads,
        )
        return msgspec.structs.replace(self, to=edit)

    def describe(self, tx: Transaction) -> str:
        return f"Editing VM {the_vm(tx, self.id).name}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("VM", self.id),)

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        edit = self.to
        if edit is None:
            return ()

        async def write() -> None:
            with dependencies.store.transaction() as tx:
                domain = hosted_engine_domain(tx).id
            report = await (await dependencies.fleet.carrier(domain)).edit_engine_vm(domain, edit)
            dependencies.readings.note_engine_vm(report)

        return (Step("edit", "Write the configuration of the engine's VM onto its storage domain", write),)

    def finish(self, tx: Transaction, context: Context) -> None:
        vm = the_vm(tx, self.id)
        vm = replace(vm, **{name: value for name, value in self.given.items() if name in AT_ONCE})
        tx.vms.update(vm)
        emit(tx, context, EventType.USER_UPDATE_VM, vm=vm)

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        emit(tx, context, EventType.USER_FAILED_UPDATE_VM, vm=the_vm(tx, self.id), reason=error)

    def _changed(self, wanted: Vm) -> Vm:
        """Raises BadValue for memory that is not guaranteed, or could grow."""
        given = self.given
        changed = replace(wanted, **{name: given[name] for name in WITH_NEXT_START & given.keys()})
        memory = changed.memory_bytes
        for name in sorted(FOLLOWING & given.keys()):
            if given[name] not in (memory, getattr(wanted, name)):
                reason = f"the engine VM has all of its memory for certain, and no more: it has to be {memory}"
                raise BadValue(value=given[name], field=name.replace("_bytes", "").replace("_", " "), reason=reason)
        return replace(changed, memory_guaranteed_bytes=memory, memory_max_bytes=memory)


def _wanted(vm: Vm, report: EngineVmReport | None) -> Vm:
    """As its next start takes it. Of an edit that was given up nothing is left: asked for again it is tried again."""
    if report is None:
        return vm
    given_up = report.good if has_failed(report) else None
    return with_config(vm, given_up or report.wanted)


def _check_fits(tx: Transaction, vm: Vm) -> None:
    """Raises BadValue where no host could ever start it."""
    hosts = [node.capabilities for node in tx.nodes.list() if node.capabilities is not None]
    if not hosts:
        return
    most_bytes = max(host.memory_bytes for host in hosts)
    if vm.memory_bytes > most_bytes:
        raise BadValue(value=vm.memory_bytes, field="memory", reason=f"no host has more than {most_bytes}")
    most_cpus = max(host.cpu_sockets * host.cpu_cores * host.cpu_threads for host in hosts)
    if (cpus := vm.sockets * vm.cores * vm.threads) > most_cpus:
        raise BadValue(value=cpus, field="number of CPUs", reason=f"no host has more than {most_cpus}")
