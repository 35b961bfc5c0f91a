"""The engine's own database, for its command lines in the engine's VM: whether the engine runs or not."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import click

from hosted_engine import config
from hosted_engine.engine.command import Context
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.users.model import Caller
from hosted_engine.store.opening import open_store
from node.api.problems import Problem

T = TypeVar("T")
ROOT = Caller(user_id=None, user_name="root@engine")  # whoever is at work on a command line


def observed(observe: Callable[[Transaction], T]) -> T:
    """What `observe` makes of it, which changes nothing and holds up no engine that writes."""
    try:
        store = open_store(config.load())
        try:
            return asyncio.run(store.read(observe))
        finally:
            store.close()
    except Problem as err:
        raise click.ClickException(str(err)) from err


@contextmanager
def transaction() -> Iterator[Transaction]:
    """A problem within it becomes click's, and then nothing was changed."""
    try:
        store = open_store(config.load())
        try:
            with store.transaction() as tx:
                yield tx
        finally:
            store.close()
    except Problem as err:
        raise click.ClickException(str(err)) from err


@contextmanager
def change(done: str) -> Iterator[Transaction]:
    """What is changed within it is written down as `done`, a sentence without its stop, and `done` is said."""
    with transaction() as tx:
        yield tx
        note(tx, done)
    click.echo(f"{done}.")


def by_root() -> Context:
    return Context(ROOT, job_id="", correlation_id="", now=time.time())


def note(tx: Transaction, what: str) -> None:
    """Write down what was done on a command line, as what is done through the API is."""
    emit(tx, by_root(), EventType.EXTERNAL_EVENT_NORMAL, reason=f"{what} by {ROOT.user_name}.")
