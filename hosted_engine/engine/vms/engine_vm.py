"""The engine's own VM as its configuration on the volume says, where trivet-ha reads it without the engine. Pure."""

from dataclasses import replace

import msgspec

from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.vms.lifecycle import system
from hosted_engine.engine.vms.model import Origin, Vm
from node.api.engine_vm import fell_back, has_failed, is_new, shape_of, why_failed
from node.api.messages.ha import EngineVmConfig, EngineVmReport

GIVEN_UP = EventType.EXTERNAL_EVENT_WARNING  # oVirt has none for it


def learn(tx: Transaction, report: EngineVmReport, now: float) -> None:
    """Show the VM as it runs, and say once of an edit that it was given up."""
    vm = tx.vms.get(report.wanted.id)
    if vm is None or vm.origin is not Origin.MANAGED_HOSTED_ENGINE:
        return
    config = _running(report)
    if config is not None and (changed := with_config(vm, config)) != vm:
        tx.vms.update(changed)
        emit(tx, system(now), EventType.SYSTEM_UPDATE_VM, vm=changed)
    edit = report.wanted.edit
    if fell_back(report, report.running) and not tx.events.list(limit=1, correlation_id=edit, code=GIVEN_UP.code):
        reason = (
            f"VM {vm.name} was started with its new configuration and was not healthy; it runs with the last one that "
            f"was: {why_failed(report)}"
        )
        context = msgspec.structs.replace(system(now), correlation_id=edit)
        emit(tx, context, GIVEN_UP, vm=vm, reason=reason)


def has_next_run(report: EngineVmReport | None) -> bool:
    """Whether the next start takes another configuration than the one that the VM runs with."""
    if report is None or not is_new(report) or has_failed(report):
        return False
    return report.running is None or report.running != shape_of(report.wanted)


def with_config(vm: Vm, config: EngineVmConfig) -> Vm:
    """All of its memory is guaranteed."""
    return replace(
        vm,
        memory_bytes=config.memory_bytes,
        memory_guaranteed_bytes=config.memory_bytes,
        memory_max_bytes=config.memory_bytes,
        sockets=config.sockets,
        cores=config.cores,
        threads=config.threads,
    )


def _running(report: EngineVmReport) -> EngineVmConfig | None:
    """The configuration with which it runs; None where nobody can say."""
    known = (report.good, report.wanted, report.tried.config if report.tried is not None else None)
    return next((one for one in known if one is not None and shape_of(one) == report.running), None)
