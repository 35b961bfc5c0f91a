"""What every resource does alike: run a command, answer what came of it, pick the objects that a list asks for."""

from collections.abc import Iterable
from typing import TypeVar

from hosted_engine.engine.command import Command
from hosted_engine.engine.engine import Engine
from hosted_engine.engine.ports import Repository, Transaction
from hosted_engine.engine.problems import NotThere, found
from hosted_engine.engine.search.match import Fields, select
from hosted_engine.engine.search.parse import parse
from hosted_engine.engine.tasks.runner import Running
from hosted_engine.rest.call import Answer, Call
from hosted_engine.rest.mapping.refs import ref
from hosted_engine.rest.media.wire import Wire
from hosted_engine.rest.problems import Incomplete

T = TypeVar("T")


class Resource:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def perform(self, call: Call, command: Command) -> Running:
        """Let the command in; when the caller waits, see it to its end. Raises what the command raises."""
        running = await self.engine.perform(command, call.caller)
        if call.wait:
            await running.wait()
        return running

    async def act(self, call: Call, command: Command) -> Answer:
        """Perform, and answer as an action does: with the job to look at."""
        running = await self.perform(call, command)
        status = "complete" if running.finished else "pending"
        return Answer({"status": status, "job": ref("jobs", running.job_id)})


def added(running: Running, value: Wire) -> Answer:
    return Answer(value, 201 if running.finished else 202)


def chosen(call: Call, items: Iterable[T], fields: Fields[T]) -> list[T]:
    """The objects that the parameters `search`, `max` and `case_sensitive` ask for. Raises BadSearch."""
    return select(
        parse(call.parameters.text("search") or ""),
        (item for item in items if call.only is None or str(getattr(item, "id")) in call.only),  # noqa: B009
        fields,
        limit=call.parameters.integer("max"),
        case_sensitive=call.parameters.boolean("case_sensitive") or False,
    )


def named(repository: Repository[T], wanted: Wire, kind: str) -> T:
    """The object that a reference in a body means, by its id or else by its name. Raises NotThere, Incomplete."""
    if identity := wanted.get("id"):
        thing = repository.get(identity)
    elif identity := wanted.get("name"):
        thing = next(iter(repository.list(name=identity)), None)
    else:
        raise Incomplete(type=kind, missing="id|name", method="a reference")
    if thing is None:
        raise NotThere(kind=kind, id=identity)
    return thing


def check_parents(call: Call, **parents: tuple[Repository[T], str]) -> None:
    """The path may lead through what is there only: `cluster=(tx.clusters, "cluster")` for an id named so in it."""
    for name, (repository, kind) in parents.items():
        if name in call.ids:
            found(repository.get(call.ids[name]), kind, call.ids[name])


def check_child(call: Call, name: str, parent_id: str, *, kind: str, id: str) -> None:
    """Raises NotThere where the path names another parent than the object has."""
    if call.ids.get(name, parent_id) != parent_id:
        raise NotThere(kind=kind, id=id)


def names(repository: Repository[T]) -> dict[str, str]:
    """id -> name, for searching across objects."""
    return {getattr(thing, "id"): getattr(thing, "name") for thing in repository.list()}  # noqa: B009


def committed_bytes(tx: Transaction, domain_id: str) -> int:
    return sum(disk.provisioned_size_bytes for disk in tx.disks.list(storage_domain_id=domain_id))
