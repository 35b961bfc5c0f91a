"""Binds the steps that the plan describes to those who do them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from hosted_engine.deploy.engine_vm import EngineVm
from hosted_engine.deploy.members import Members
from hosted_engine.deploy.plan import Kind, Todo
from hosted_engine.deploy.storage import Storage
from hosted_engine.deploy.work import Work
from node.steps import Step

Deed = Callable[[Todo], Awaitable[None]]


def steps(todos: Sequence[Todo], work: Work) -> tuple[Step, ...]:
    """Steps for the executor. None has an undo: a deploy that stopped is run again and goes on."""
    deeds = _deeds(work)
    return tuple(_step(todo, deeds[todo.kind]) for todo in todos)


def _step(todo: Todo, deed: Deed) -> Step:
    return Step(todo.key, todo.says, lambda: deed(todo))


def _deeds(work: Work) -> Mapping[Kind, Deed]:
    members, storage, engine = Members(work), Storage(work), EngineVm(work)
    return {
        Kind.AUTHORITY: members.authority,
        Kind.CLAIM: members.claim,
        Kind.NAMES: members.names,
        Kind.NETWORK: members.network,
        Kind.PEER: storage.peer,
        Kind.VOLUME: storage.volume,
        Kind.MOUNT: storage.mount,
        Kind.LOCKSPACE: storage.join,
        Kind.JOIN: storage.join,
        Kind.LEASE: storage.lease,
        Kind.TINY: storage.tiny,
        Kind.SYSTEM: storage.system,
        Kind.SEED: engine.seed,
        Kind.DEFINE: engine.define,
        Kind.START: engine.start,
        Kind.HEALTH: engine.health,
        Kind.HAND_OVER: engine.hand_over,
    }
