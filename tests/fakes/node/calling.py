"""How a call arrives at a fake node: late, refused, failed, answered, or never answered at all."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from inspect import isawaitable
from typing import TypeVar

from node.api.contract import OPERATIONS
from node.api.operation import Operation
from node.api.problems import NodeNonResponsive, Problem, Refused, RemoteFailed, RemoteRefused

T = TypeVar("T")


@dataclass
class _Failure:
    operation: Operation
    problem: Problem
    times: int
    after: bool
    skip: int = 0


class Calling:
    def __init__(self, node: str) -> None:
        self.unresponsive = False
        self.delay_s = 0.0
        self.asked: list[str] = []
        self._node = node
        self._failures: list[_Failure] = []

    def fail(self, operation: str, problem: Problem, *, times: int, skip: int = 0) -> None:
        self._failures.append(_Failure(OPERATIONS[operation], problem, times, after=False, skip=skip))

    def lose_answer(self, operation: str, *, times: int) -> None:
        lost = OPERATIONS[operation]
        self._failures.append(_Failure(lost, self.no_answer(lost), times, after=True))

    def mend(self, operation: str) -> None:
        self._failures = [failure for failure in self._failures if failure.operation.name != operation]

    async def do(self, operation: Operation, act: Callable[[], T | Awaitable[T]]) -> T:
        self.asked.append(operation.name)
        await asyncio.sleep(self.delay_s)
        if self.unresponsive:
            raise self.no_answer(operation)
        failure = next((f for f in self._failures if f.operation is operation and f.times > 0), None)
        if failure is not None and failure.skip > 0:
            failure.skip -= 1
            failure = None
        if failure is not None:
            failure.times -= 1
            if not failure.after:
                raise self._remote(failure.problem)
        try:
            acted = act()
            answer: T = (await acted) if isawaitable(acted) else acted
        except Problem as err:
            raise self._remote(err) from err
        if failure is not None:
            raise failure.problem
        return answer

    def no_answer(self, operation: Operation) -> NodeNonResponsive:
        return NodeNonResponsive(node=self._node, request=operation.name, reason="the fake is silent")

    def _remote(self, problem: Problem) -> Problem:
        """As node.client raises what a node answers."""
        if isinstance(problem, NodeNonResponsive | RemoteRefused | RemoteFailed):
            return problem
        kind = RemoteRefused if isinstance(problem, Refused) else RemoteFailed
        return kind(problem.text, self._node)
