"""What every command of the engine answers, in the order in which the task runner asks."""

import unicodedata
from collections.abc import Callable, Collection
from typing import ClassVar, Self

import msgspec

from hosted_engine.authority import SiteAuthority
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Fleet, Store, Transaction
from hosted_engine.engine.problems import BadValue
from hosted_engine.engine.transfers.proxy import TransferProxy
from hosted_engine.engine.users.model import Caller
from hosted_engine.waiting import Poller
from node.steps import Step


class Lock(msgspec.Struct, frozen=True, order=True):
    """`kind` in words ("VM", "disk"). Shared ones stand beside each other."""

    kind: str
    id: str
    shared: bool = False


class Dependencies(msgspec.Struct, frozen=True):
    """What a plan works with. `clock` answers seconds since the epoch. A node's answer that is newer than what it said
    before is noted in `readings`. `poller` waits for what takes its time, `authority` signs certificates of nodes,
    `proxy` is the engine's own transfer port."""

    store: Store
    fleet: Fleet
    clock: Callable[[], float]
    readings: Readings
    poller: Poller
    authority: SiteAuthority
    proxy: TransferProxy


class Context(msgspec.Struct, frozen=True):
    """On whose behalf, as which job, and when: what events and rows say of it."""

    caller: Caller
    job_id: str
    correlation_id: str
    now: float


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """The inputs of a command, as JSON survives a crash. Ids of what it makes are chosen when it is built. What is a
    `Secret` in them is forgotten when the command has ended.

    check    refuses, and changes nothing
    resolve  the same command with every choice made (MACs, nodes, ids of copies): from here on it is repeatable
    locks    what nobody else may touch meanwhile
    begin    the first change, in one transaction with writing the task down
    plan     the steps that take time; their keys are the same when it is made again
    finish   the last change, in one transaction with ending the task; safe to repeat
    roll_back  instead of finish, after the steps were undone; safe to repeat
    """

    forward_only: ClassVar[bool] = False  # True: a failed step ends the task, nothing before it is undone
    is_awaited: ClassVar[bool] = True  # False: it goes on until somebody ends it, and nobody waits for that

    def check(self, tx: Transaction) -> None:
        raise NotImplementedError

    def resolve(self, tx: Transaction, readings: Readings) -> Self:
        return self

    def describe(self, tx: Transaction) -> str:
        """The job's description, as oVirt words it."""
        raise NotImplementedError

    def locks(self) -> tuple[Lock, ...]:
        return ()

    def creates(self) -> tuple[tuple[str, str], ...]:
        """Table and id of what comes into being by it: whoever gave the command gets a role on that."""
        return ()

    def begin(self, tx: Transaction, context: Context) -> None:
        return None

    def plan(self, dependencies: Dependencies) -> tuple[Step, ...]:
        return ()

    def finish(self, tx: Transaction, context: Context) -> None:
        return None

    def roll_back(self, tx: Transaction, context: Context, error: str, left: Collection[str]) -> None:
        """`left` holds the keys of the steps that could not be undone."""


def good_name(name: str, *, kind: str, most: int = 255) -> str:
    """`name` in normal form (NFC), so that what looks alike is alike. Raises BadValue. The rule is oVirt's: letters of
    any language, digits and `._-+`."""
    normal = unicodedata.normalize("NFC", name)
    reason = ""
    if not normal:
        reason = "it is empty"
    elif len(normal) > most:
        reason = f"it is longer than {most} characters"
    elif not all(char in "._-+" or unicodedata.category(char)[0] in "LMN" for char in normal):
        reason = "only letters, digits and the characters . _ - + may stand in it"
    if reason:
        raise BadValue(value=repr(name[:80]), field=f"the name of a {kind}", reason=reason)
    return normal
