"""What changes of a VM while it runs, and counts from its next start on."""

from dataclasses import replace
from typing import Any

import msgspec

from hosted_engine.engine.vms.model import Vm


def later(vm: Vm, changed: Vm, live: frozenset[str]) -> Vm:
    """`changed` in so far as it may be so at once (`live`); the rest is kept for the next run."""
    now: dict[str, Any] = {name: getattr(changed, name) for name in live}
    was, will = msgspec.to_builtins(with_next_run(vm)), msgspec.to_builtins(changed)
    kept = {name: value for name, value in will.items() if name not in live and value != was[name]}
    earlier = {name: value for name, value in vm.next_run.items() if name not in live}
    return replace(vm, **now, next_run=_different(vm, earlier | kept))


def with_next_run(vm: Vm) -> Vm:
    """As its next start takes it."""
    if not vm.next_run:
        return vm
    return msgspec.convert(msgspec.to_builtins(vm) | vm.next_run | {"next_run": {}}, Vm)


def _different(vm: Vm, next_run: dict[str, Any]) -> dict[str, Any]:
    """Without what is so already: a change that was taken back is none."""
    now = msgspec.to_builtins(vm)
    return {name: value for name, value in next_run.items() if value != now[name]}
