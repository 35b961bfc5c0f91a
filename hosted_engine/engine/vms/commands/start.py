"""Starts a VM on the node that the scheduler chooses."""

from collections.abc import Collection
from dataclasses import replace
from typing import Self

import msgspec

from hosted_engine.engine.affinitylabels.entity import VmLabel, binding_labels
from hosted_engine.engine.command import Command, Context, Dependencies, Lock
from hosted_engine.engine.disks.checks import usable_disk
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NoNode, found, listed
from hosted_engine.engine.scheduler.candidates import candidates
from hosted_engine.engine.scheduler.model import Requirements
from hosted_engine.engine.scheduler.policy import choose
from hosted_engine.engine.snapshots.images import make_layer
from hosted_engine.engine.snapshots.stateless import (
    StatelessRun,
    begin_run,
    check_stateless,
    disks_that_stay,
    end_run,
    new_run,
)
from hosted_engine.engine.storage.checks import check_in_use
from hosted_engine.engine.vms.cdroms.discs import check_disc
from hosted_engine.engine.vms.checks import changeable_vm, check_vm, resting_vm, the_vm
from hosted_engine.engine.vms.commands.stop import destroyed
from hosted_engine.engine.vms.devices import check_chipset
from hosted_engine.engine.vms.initialization.seed import (
    InitializationType,
    check_seed,
    initialization_type,
    seed_of,
)
from hosted_engine.engine.vms.lifecycle import set_up
from hosted_engine.engine.vms.memory import forget_memory
from hosted_engine.engine.vms.model import Vm, VmStatus
from hosted_engine.engine.vms.next_run import with_next_run
from hosted_engine.engine.vms.run_once import RunOnce, for_this_run
from hosted_engine.engine.vms.spec import active_disks, balloons, cluster_of, networks_of, spec_of, storage_domains_of
from hosted_engine.engine.vms.statuses import VmAction, check_allowed
from node.api.messages.vms import DownReason, VmSpec
from node.steps import Step

START = "start"


class StartVm(Command, frozen=True, kw_only=True):
    """`node_ids` narrows the scheduler's choice; `node_id` is what it chose. `paused` and `run_once` count for this run
    alone, and so does `stateless`, where it is said; `run` is what a stateless run writes to. `initialization_type` is
    how its guest is told its initialization, where that is asked for, and then as it is chosen; `initialize`: also when
    it was told before. `instance_id` tells a guest that it has not been told yet. `again` is why the VM went down when
    it is started again by itself: it stays so while it cannot be. `forgets`: the
    memory of an earlier run is still to be removed."""

    id: str
    node_ids: tuple[str, ...] = ()
    node_id: str = ""
    paused: bool = False
    run_once: RunOnce | None = None
    initialization_type: InitializationType | None = None
    initialize: bool = False
    instance_id: str = ""
    stateless: bool | None = None
    run: StatelessRun | None = None
    again: DownReason | None = None
    forgets: bool = False

    def check(self, tx: Transaction) -> None:
        check_allowed(changeable_vm(tx, self.id, "run"), VmAction.START, "run")
        resting_vm(tx, self.id, "run")
        for _, disk in active_disks(tx, self.id):
            usable_disk(tx, disk.id, "use")
        vm = self.for_this_run(tx)
        check_in_use(tx, storage_domains_of(tx, vm).keys())
        check_disc(tx, vm.cd_disk_id)
        if self.run_once is not None:
            check_vm(vm)
            check_chipset(tx, vm)
        check_seed(tx.secrets, vm, self._type(vm))
        if self.is_stateless(tx):
            check_stateless(tx, vm)
        for node_id in self.node_ids:
            found(tx.nodes.get(node_id), "host", node_id)

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        vm = self.for_this_run(tx)
        requirements = Requirements(
            vm.cluster_id,
            needed_bytes(tx, vm),
            storage_domains=storage_domains_of(tx, vm),
            node_ids=frozenset(self.node_ids) or frozenset(vm.host_ids),
            labels=binding_labels(tx, VmLabel, [vm.id]).get(vm.id, frozenset()),
            most_bytes=vm.memory_bytes,
            networks=networks_of(tx, vm.id),
        )
        choice = choose(requirements, candidates(tx, readings, vm.cluster_id))
        if choice.node is None:
            raise NoNode(action=f"run VM {vm.name}", reasons=choice.why_none)
        return msgspec.structs.replace(
            self,
            node_id=choice.node.id,
            run=new_run(tx, vm) if self.is_stateless(tx) else None,
            forgets=vm.saved_memory is not None,
            initialization_type=self._type(vm),
            instance_id=new_id(),
        )

    def is_stateless(self, tx: Transaction) -> bool:
        return with_next_run(the_vm(tx, self.id)).stateless if self.stateless is None else self.stateless

    def describe(self, tx: Transaction) -> str:
        return f"Launching VM {the_vm(tx, self.id).name}"

    def locks(self) -> tuple[Lock, ...]:
        return (Lock("VM", self.id),)

    def begin(self, tx: Transaction, context: Context) -> None:
        before = with_next_run(the_vm(tx, self.id))
        vm = replace(
            before,
            current_cd_disk_id=for_this_run(before, self.run_once).cd_disk_id,
            run_once=self.run_once is not None,
            status=VmStatus.WAIT_FOR_LAUNCH,
            node_id=self.node_id,
            detail="",
            started_at=context.now,
            stop_reason=DownReason.NONE,
            stop_note="",
        )
        tx.vms.update(vm)
        emit(tx, context, EventType.USER_STARTED_VM, vm=vm, node=tx.nodes.get(self.node_id))

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        async def start() -> None:
            with dependencies.store.transaction() as tx:
                if self._has_ended(tx):
                    return
                if self.run is not None:
                    begin_run(tx, self.id, self.run, dependencies.clock())
                spec = self._spec(tx)
            report = await (await dependencies.fleet.node(self.node_id)).start_vm(spec)
            with dependencies.store.transaction() as tx:
                vm = the_vm(tx, self.id)
                if vm.status is VmStatus.WAIT_FOR_LAUNCH:  # else an event of the node was faster and knows better
                    set_up(tx, vm, report)

        async def destroy() -> None:
            await destroyed(await dependencies.fleet.node(self.node_id), self.id)
            with dependencies.store.transaction() as tx:
                end_run(tx, self.id)

        layers = (make_layer(dependencies, layer) for layer in (self.run.layers if self.run else ()))
        left_over = (forget_memory(dependencies, self.id),) if self.forgets else ()
        return (*layers, Step(START, "Start the VM", start, destroy), *left_over)

    def finish(self, tx: Transaction, context: Context) -> None:
        vm = the_vm(tx, self.id)
        if self.run is None and self.initialization_type not in (None, InitializationType.NONE):
            vm = replace(vm, initialized=True)  # a stateless run leaves its guest as it was before it was told
            tx.vms.update(vm)
        type_, stay = EventType.USER_RUN_VM, disks_that_stay(tx, vm) if self.run else []
        if self.run is not None:
            type_ = EventType.USER_RUN_VM_AS_STATELESS
        if stay:
            type_ = EventType.USER_RUN_VM_AS_STATELESS_WITH_DISKS_NOT_ALLOWING_SNAPSHOT
        emit(tx, context, type_, vm=vm, node=tx.nodes.get(self.node_id), disks=listed(stay))

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        """A node that could not be told to stop it may run it: then nobody knows, and the node's next word decides."""
        vm = the_vm(tx, self.id)
        if START in left:
            # Not `reported_at`: it may be by the clock of another node, and then no word of this one would count.
            vm = replace(vm, status=VmStatus.UNKNOWN, node_id=self.node_id, detail=error, reported_at=0.0)
        else:
            vm = replace(
                vm,
                status=VmStatus.DOWN,
                node_id=None,
                detail=error,
                stopped_at=context.now,
                stop_reason=self.again or DownReason.FAILED,
                display_address="",
                display_port=None,
                current_cd_disk_id=None,
                run_once=False,
            )
        tx.vms.update(vm)
        emit(tx, context, EventType.USER_FAILED_RUN_VM, vm=vm, node=tx.nodes.get(self.node_id), reason=error)

    def for_this_run(self, tx: Transaction) -> Vm:
        """As it will run; what changes with its next start has changed."""
        return for_this_run(with_next_run(the_vm(tx, self.id)), self.run_once)

    def _type(self, vm: Vm) -> InitializationType:
        told_anew = self.run_once is not None and self.run_once.initialization is not None
        return initialization_type(vm, self.initialization_type, again=self.initialize or told_anew)

    def _has_ended(self, tx: Transaction) -> bool:
        """Its run was over before a crash of the engine let this command go on."""
        return the_vm(tx, self.id).status is VmStatus.DOWN

    def _spec(self, tx: Transaction) -> VmSpec:
        vm = self.for_this_run(tx)
        seed = seed_of(tx.secrets, vm, self.initialization_type or InitializationType.NONE, self.instance_id)
        spec = msgspec.structs.replace(spec_of(tx, vm), seed=seed)
        return msgspec.structs.replace(spec, start_paused=True) if self.paused else spec


def needed_bytes(tx: Transaction, vm: Vm) -> int:
    """What has to be free where it starts: what is above its guaranteed memory the balloon may take back."""
    return vm.memory_guaranteed_bytes if balloons(vm, cluster_of(tx, vm)) else vm.memory_bytes
