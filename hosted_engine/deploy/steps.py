"""Binds the steps that the plan describes to those who do them and to those who take them back."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from hosted_engine.deploy.context import DeployContext
from hosted_engine.deploy.engine_vm import EngineVm
from hosted_engine.deploy.keep_alive import KeepAlive
from hosted_engine.deploy.members import Members
from hosted_engine.deploy.plan import Kind, PlannedStep
from hosted_engine.deploy.safekeeping import Safekeeping
from hosted_engine.deploy.storage import Storage
from hosted_engine.deploy.timers import Timers
from node.steps import Step

Action = Callable[[PlannedStep], Awaitable[None]]


def steps(planned: Sequence[PlannedStep], context: DeployContext) -> tuple[Step, ...]:
    """Steps for the executor. A deploy that stops leaves them for the next run; `teardown_steps` undoes them."""
    actions = _actions(context)
    return tuple(_step(step, *actions[step.kind]) for step in planned)


def teardown_steps(planned: Sequence[PlannedStep], context: DeployContext) -> tuple[Step, ...]:
    """The undos of `planned` as steps of a run of their own, which stops at an error and can be gone on with: what
    comes after one that failed must not be taken away under it."""
    return tuple(
        Step(step.key, step.description, step.undo) for step in steps(planned, context) if step.undo is not None
    )


def _step(step: PlannedStep, do: Action, undo: Action | None) -> Step:
    return Step(step.key, step.description, lambda: do(step), (lambda: undo(step)) if undo is not None else None)


def _actions(context: DeployContext) -> Mapping[Kind, tuple[Action, Action | None]]:
    members, storage, engine, keeping = Members(context), Storage(context), EngineVm(context), KeepAlive(context)
    timers = Timers(context)
    safekeeping = Safekeeping(context)
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
        Kind.START_HA: (keeping.start, keeping.stop),
        Kind.ROLL: (timers.roll, None),
        Kind.FINISH: (keeping.write, None),
    }
