"""The refusals that more than one subject needs; those of one subject live with it."""

from collections.abc import Sequence
from typing import TypeVar

from node.api.problems import Refused

T = TypeVar("T")


class NotThere(Refused):
    """`kind` in words, for example "VM"; the API answers 404 where the id is in the path."""

    what = "There is no {kind} {id}"
    why = "no {kind} has that id"
    mend = "List what is there and choose one of them"
    status = 404


class NoSuchName(NotThere):
    """A reference by a name that nothing has."""

    what = "There is no {kind} {name}"
    why = "no {kind} has the name {name}"


class BadValue(Refused):
    what = "Cannot use {value} as {field}"
    why = "{reason}"
    mend = "Send another value"
    status = 400


class NotSupported(Refused):
    """The API of oVirt has it, and nothing in this version would do it. `reason` says what is missing."""

    what = "Cannot use {value} as {field}"
    why = "it is not there yet: {reason}"
    mend = "Leave it out, or send what is shown"
    status = 501


class NameTaken(Refused):
    what = "Cannot use the name {name}"
    why = "another {kind} has it already"
    mend = "Choose another name"


class InUse(Refused):
    """`users` names those that use it, with their kind."""

    what = "Cannot remove {kind} {name}"
    why = "it is used by {users}"
    mend = "Have them use another one, or remove them first"


class Busy(Refused):
    what = "Cannot begin: {description}"
    why = "another operation on {kind} {id} is in progress"
    mend = "Try again when it has ended"


class WrongState(Refused):
    what = "Cannot {action} {kind} {name}"
    why = "{reason}"
    mend = "{mend}"


class Protected(Refused):
    what = "Cannot {action} VM {name}"
    why = "it is the engine's own VM, which the nodes keep alive"
    mend = "Leave it to the nodes"


class NoNode(Refused):
    """Nothing fits; `reasons` says of each node why not."""

    what = "Cannot {action}"
    why = "no node can take it ({reasons})"
    mend = "Bring a node up, or make room on one"


class NodeNotUp(Refused):
    what = "Cannot reach {node}"
    why = "{reason}"
    mend = "Check its power and its network, then try again"


def found(thing: T | None, kind: str, id: str) -> T:
    """`thing`, or NotThere."""
    if thing is None:
        raise NotThere(kind=kind, id=id)
    return thing


def listed(names: Sequence[str]) -> str:
    """The first three, and how many more there are."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
