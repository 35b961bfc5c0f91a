"""The engine's own database, for its command lines in the engine's VM: whether the engine runs or not."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from hosted_engine import config
from hosted_engine.engine.ports import Transaction
from hosted_engine.store.opening import open_store
from node.api.problems import Problem


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
