"""With which configuration the engine VM is started, and what is written down of those that were tried. Pure.

Nothing is remembered: what was asked for, was healthy and was tried lies on the volume, and with what a VM runs libvirt
says. So every host chooses alike, whatever host died between whatever two lines. Only memory and processors count,
which can be edited and be wrong; the rest of a configuration (disks, NICs, lease) is the deploy's, always the newest.
"""

from dataclasses import dataclass

from msgspec.structs import replace

from node.api.engine_vm import fell_back, has_failed, is_new, shape_of, why_failed
from node.api.messages.ha import EngineVmConfig, EngineVmReport, Shape


@dataclass(frozen=True, slots=True)
class Choice:
    """`on_trial`: it has not been healthy yet, and there is another one to fall back to."""

    config: EngineVmConfig
    reason: str
    on_trial: bool = False


def choose(files: EngineVmReport) -> Choice:
    """What the next start takes. One that was started with once and was not healthy is never taken again by itself."""
    wanted, good = files.wanted, files.good
    if good is None:
        return Choice(wanted, "no configuration of the engine VM has been healthy yet")
    if not is_new(files):
        return Choice(wanted, "the engine was healthy with this configuration")
    if has_failed(files):
        reason = f"the last one that was healthy, for the one that was asked for was not: {why_failed(files)}"
        return Choice(_fallback(wanted, good), reason)
    return Choice(wanted, "a new configuration of the engine VM is tried", on_trial=True)


def healthy_with(files: EngineVmReport, running: Shape) -> EngineVmConfig | None:
    """What to keep as the last good one now that the engine is healthy; None where that is known."""
    tried = files.tried.config if files.tried is not None else None
    kept = files.good is not None and shape_of(files.good) == running
    if shape_of(files.wanted) == running:
        return None if files.wanted == files.good else files.wanted
    return tried if tried is not None and shape_of(tried) == running and not kept else None


def on_trial(files: EngineVmReport, running: Shape) -> EngineVmConfig | None:
    """What to write down as tried while the engine runs and is not healthy yet; None where nothing is to be."""
    if files.good is None or shape_of(files.good) == running or shape_of(files.wanted) != running:
        return None
    return None if has_failed(files) else files.wanted


def state_of(files: EngineVmReport) -> str:
    """In a word for programs: `healthy` (the next start takes what was healthy), `new`, `failed` or `first`."""
    if files.good is None:
        return "first"
    if not is_new(files):
        return "healthy"
    return "failed" if has_failed(files) else "new"


def format_state(files: EngineVmReport) -> str:
    """For people; nothing where there is nothing to say."""
    if files.good is None or not is_new(files):
        return ""
    wanted, good = format_shape(shape_of(files.wanted)), format_shape(shape_of(files.good))
    if not has_failed(files):
        return f"The engine VM's next start takes a new configuration: {wanted}; healthy was {good}"
    return (
        f"The engine VM's configuration that was asked for ({wanted}) is given up: "
        f"{why_failed(files)}. Its next start takes {good} again; what was asked for lies in ha/engine-vm.tried.json"
    )


def format_fallback(files: EngineVmReport, running: Shape | None) -> str:
    """Nothing, unless the VM runs with an earlier configuration because the one asked for was not healthy."""
    return format_state(files) if fell_back(files, running) else ""


def format_shape(shape: Shape) -> str:
    return f"{shape.memory_mib} MiB, {shape.vcpus} CPU{'s' * (shape.vcpus != 1)}"


def _fallback(wanted: EngineVmConfig, good: EngineVmConfig) -> EngineVmConfig:
    return replace(
        wanted,
        memory_bytes=good.memory_bytes,
        sockets=good.sockets,
        cores=good.cores,
        threads=good.threads,
        edit=good.edit,
    )
