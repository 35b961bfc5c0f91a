"""What every step of a deploy works with."""

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from hosted_engine.deploy.answers import Answers, NodeAnswers
from hosted_engine.deploy.connector import Connector
from hosted_engine.deploy.decisions import Decisions
from hosted_engine.deploy.folder import Folder
from hosted_engine.waiting import Poller
from node.api.contract import NodeApi


@dataclass(frozen=True, slots=True)
class DeployContext:
    answers: Answers
    decisions: Decisions
    connector: Connector
    folder: Folder
    poller: Poller

    def node(self, name: str) -> NodeAnswers:
        return next(node for node in self.answers.nodes if node.name == name)

    def nodes(self, names: Iterable[str]) -> list[NodeAnswers]:
        return [self.node(name) for name in names]

    def member(self, name: str) -> AbstractAsyncContextManager[NodeApi]:
        return self.connector.member(self.node(name))
