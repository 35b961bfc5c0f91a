"""Binds the steps that the plan describes to those who do them and to those who take them back."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from hosted_engine.deploy.engine_vm import EngineVm
from hosted_engine.deploy.keep_alive import KeepAlive
from hosted_engine.deploy.members import Members
from hosted_engine.deploy.plan import Kind, Todo
from hosted_engine.deploy.safekeeping import Safekeeping
from hosted_engine.deploy.storage import Storage
from hosted_engine.deploy.timers import Timers
from hosted_engine.deploy.work import Work
from node.steps import Step

Deed = Callable[[Todo], Awaitable[None]]


def steps(todos: Sequence[Todo], work: Work) -> tuple[Step, ...]:
    """Steps for the executor. A deploy that stops leaves them for the next run; `back_steps` takes them back."""
    deeds = _deeds(work)
    return tuple(_step(todo, *deeds[todo.kind]) for todo in todos)


def back_steps(todos: Sequence[Todo], work: Work) -> tuple[Step, ...]:
    """The undos of `todos` as steps of a run of their own, which stops at an error and can be gone on with: what comes
    after one that failed must not be taken away under it."""
    return tuple(Step(step.key, step.says, step.undo) for step in steps(todos, work) if step.undo is not None)


def _step(todo: Todo, do: Deed, undo: Deed | None) -> Step:
    return Step(todo.key, todo.says, lambda: do(todo), (lambda: undo(todo)) if undo is not None else None)


def _deeds(work: Work) -> Mapping[Kind, tuple[Deed, Deed | None]]:
    members, storage, engine, keeping = Members(work), Storage(work), EngineVm(work), KeepAlive(work)
    timers = Timers(work)
    safekeeping = Safekeeping(work)
    return {
        Kind.AUTHORITY: (members.authority, members.forget_authority),
        Kind.CLAIM: (members.claim, members.leave),
        Kind.NAMES: (members.names, members.forget_names),
        Kind.NETWORK: (members.network, members.network_back),
        Kind.PEER: (storage.peer, storage.detach),
        Kind.VOLUME: (storage.volume, storage.remove_volume),
        Kind.MOUNT: (storage.mount, storage.unmount),
        Kind.TIMERS: (timers.give, None),  # the next site gives its own
        Kind.LOCKSPACE: (storage.join, storage.leave),
        Kind.JOIN: (storage.join, storage.leave),
        Kind.MIGRATION: (members.migration, None),  # ends when a node leaves the site
        Kind.LEASE: (storage.lease, None),  # a file of volume engine, goes with it
        Kind.TINY: (storage.tiny, storage.remove_tiny),
        Kind.SYSTEM: (storage.system, storage.remove_system),
        Kind.SEED: (engine.seed, storage.remove_seed),
        Kind.SITE_FILES: (keeping.write, None),  # files of volume engine, go with it
        Kind.PREPARE: (keeping.write, None),
        Kind.START: (engine.start, engine.stop),
        Kind.HEALTH: (engine.health, None),  # only looks
        Kind.HAND_OVER: (engine.hand_over, None),  # only looks; what was handed over is on the engine's disk
        Kind.RECOVERY: (safekeeping.write, None),  # a file of volume engine, goes with it
        Kind.KEEP: (keeping.keep, keeping.release),
        Kind.ROLL: (timers.roll, None),
        Kind.FINISH: (keeping.write, None),
    }
