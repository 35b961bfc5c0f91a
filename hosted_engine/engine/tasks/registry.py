"""Every command by its kind: what a task's inputs are read back into after a crash."""

from hosted_engine.engine import entities
from hosted_engine.engine.command import Command
from hosted_engine.engine.nodes.commands import maintenance
from hosted_engine.engine.snapshots.commands import sweep

DECLARED_IN = (entities, maintenance, sweep)  # a command is known when its module is; entities name most of them


def command_of(kind: str) -> type[Command]:
    """The class of that name. Raises KeyError."""
    return {command.__name__: command for command in commands()}[kind]


def commands() -> list[type[Command]]:
    found: list[type[Command]] = [Command]
    for command in found:
        found.extend(command.__subclasses__())
    return found
