"""Stands in for a store around another one."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeVar

from hosted_engine.engine.ports import Transaction

T = TypeVar("T")


class ReadsHere:
    """Reads at once, in the transaction that the store itself gives."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        raise NotImplementedError

    async def read(self, query: Callable[[Transaction], T]) -> T:
        with self.transaction() as tx:
            return query(tx)
