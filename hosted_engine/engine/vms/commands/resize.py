"""Changes a running VM whose processors or memory change with it: its host is asked; what it does not do comes with the
next run."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any, ClassVar, Self

import msgspec

from hosted_engine.engine.command import Context, Dependencies
from hosted_engine.engine.entity.changes import changed, changes
from hosted_engine.engine.entity.commands import UpdateEntity
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NoNode
from hosted_engine.engine.scheduler.candidates import candidates
from hosted_engine.engine.scheduler.policy import free_bytes
from hosted_engine.engine.vms.checks import the_vm
from hosted_engine.engine.vms.growth import GROWS, HOT
from hosted_engine.engine.vms.lifecycle import system
from hosted_engine.engine.vms.model import RUNNING, Vm
from node.api.contract import NodeApi
from node.api.messages.vms import VmCpus, VmMemory
from node.api.problems import RemoteRefused
from node.steps import Step

MIB = 1 << 20
LABELS = {"sockets": "processors", "memory_bytes": "memory"}
DONE = {"sockets": EventType.HOT_SET_NUMBER_OF_CPUS, "memory_bytes": EventType.HOT_SET_MEMORY}
FAILED = {"sockets": EventType.FAILED_HOT_SET_NUMBER_OF_CPUS, "memory_bytes": EventType.FAILED_HOT_SET_MEMORY}


class ResizeVm(UpdateEntity, frozen=True, kw_only=True):
    """`hot` are the fields that a host is asked for, `changes` the others. Each is written down when it is so."""

    forward_only: ClassVar[bool] = True

    hot: dict[str, int]
    node_id: str = ""

    @classmethod
    def resizing(cls, entity: Any, before: Vm, item: Vm, hot: Collection[str]) -> Self:
        others = replace(item, **{name: getattr(before, name) for name in hot})
        return cls(
            table=entity.table,
            id=before.id,
            required_locks=entity.locks(before),
            changes=changes(before, others),
            hot={name: getattr(item, name) for name in sorted(hot)},
        )

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        """Raises NoNode where the host has not so much memory free."""
        vm = the_vm(tx, self.id)
        more = self.hot.get("memory_bytes", 0) - vm.memory_bytes
        for candidate in candidates(tx, readings, vm.cluster_id):
            free = free_bytes(candidate)
            if candidate.node.id == vm.node_id and free is not None and free < more:
                reason = f"{candidate.node.name} has {max(free, 0) // MIB} MiB of free memory"
                raise NoNode(action=f"plug {more // MIB} MiB of memory into VM {vm.name}", reasons=reason)
        return msgspec.structs.replace(self, node_id=vm.node_id or "" if vm.status in RUNNING else "")

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        return tuple(self._step(dependencies, name) for name in self.hot)

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        vm = the_vm(tx, self.id)
        for name, value in self.hot.items():
            if getattr(vm, name) != value:
                self._emit(tx, context, FAILED[name], vm, error)

    def _step(self, dependencies: Dependencies, name: str) -> Step:
        async def do() -> None:
            reason = ""
            if self.node_id:
                try:
                    await self._ask(await dependencies.fleet.node(self.node_id), dependencies, name)
                except RemoteRefused as err:
                    reason = str(err.text.why)
            with dependencies.store.transaction() as tx:
                self._note(tx, name, reason, dependencies.clock())

        return Step(f"set-{LABELS[name]}", f"Change the {LABELS[name]} of the running VM", do)

    async def _ask(self, node: NodeApi, dependencies: Dependencies, name: str) -> None:
        with dependencies.store.transaction() as tx:
            vm = the_vm(tx, self.id)
        if name == "sockets":
            await node.set_vm_cpus(self.id, VmCpus(count=self.hot[name] * vm.cores * vm.threads))
        else:
            await node.set_vm_memory(self.id, VmMemory(size_bytes=self.hot[name]))

    def _note(self, tx: Transaction, name: str, reason: str, now: float) -> None:
        """It is so, or waits for the next run. Said once."""
        vm, value = the_vm(tx, self.id), self.hot[name]
        others = {field: one for field, one in vm.next_run.items() if field != name}
        waits: dict[str, Any] = {"next_run": {**others, name: value}}
        now_so: dict[str, Any] = {name: value, "next_run": others}
        after = replace(vm, **(waits if reason else now_so))
        if after == vm:
            return
        tx.vms.update(after)
        self._emit(tx, system(now), FAILED[name] if reason else DONE[name], after, reason)

    def _emit(self, tx: Transaction, context: Context, type_: EventType, vm: Vm, reason: str = "") -> None:
        cpus, memory = self.hot.get("sockets", vm.sockets) * vm.cores * vm.threads, self.hot.get("memory_bytes", 0)
        words: dict[str, Any] = {"cpus": str(cpus), "memory": str(memory // MIB), "reason": reason}
        emit(tx, context, type_, vm=vm, node=tx.nodes.get(self.node_id), **words)

    def _changed(self, tx: Transaction) -> Vm:
        """What waits for the next run of `hot` is in the VM's row alone."""
        vm = the_vm(tx, self.id)
        item: Vm = changed(vm, self.changes)
        waiting = {name: value for name, value in vm.next_run.items() if name in self.hot}
        others = {name: value for name, value in item.next_run.items() if name not in self.hot}
        return replace(item, next_run=others | waiting)


def update_of(entity: Any, before: Vm, item: Vm) -> UpdateEntity:
    """The command that makes `before` into `item`."""
    hot = {name for name in HOT if getattr(before, name) != getattr(item, name)}
    if hot and before.status in GROWS:
        return ResizeVm.resizing(entity, before, item, hot)
    return UpdateEntity.of(entity, before, item)
