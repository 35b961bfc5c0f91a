"""How the deploy reaches the machines of a site; tests hand in a whole site in memory instead."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from hosted_engine.deploy.answers import Answers, NodeAnswers
from hosted_engine.deploy.decisions import Decisions
from hosted_engine.deploy.engine_client import Engine, EngineClient
from hosted_engine.deploy.folder import Folder
from node.api.contract import NodeApi
from node.api.paths import PORT
from node.api.problems import NodeNonResponsive
from node.client import NodeClient
from node.tls import fetch_certificate, pinned_context


class Connector(Protocol):
    """Each connection is a new one, so that what is confirmed over it has gone over the path that is there now."""

    def member(self, node: NodeAnswers) -> AbstractAsyncContextManager[NodeApi]:
        """A node that belongs to the site, over mutual TLS."""
        ...

    def unclaimed(self, node: NodeAnswers) -> AbstractAsyncContextManager[NodeApi]:
        """A node that belongs to nobody yet, known by its fingerprint."""
        ...

    def engine(self, answers: Answers, decisions: Decisions) -> Engine: ...

    def own(self, answers: Answers) -> str | None:
        """The name of the node that this process runs on."""
        ...


class NodeConnector:
    """The real Reach."""

    def __init__(self, folder: Folder, *, port: int = PORT) -> None:
        self._folder, self._port = folder, port

    @asynccontextmanager
    async def member(self, node: NodeAnswers) -> AsyncIterator[NodeApi]:
        client = NodeClient(str(node.address.ip), self._folder.client_tls(), port=self._port)
        try:
            yield client
        finally:
            await client.close()

    @asynccontextmanager
    async def unclaimed(self, node: NodeAnswers) -> AsyncIterator[NodeApi]:
        address = str(node.address.ip)
        try:
            certificate = await asyncio.to_thread(fetch_certificate, address, self._port, node.fingerprint)
        except OSError as err:
            raise NodeNonResponsive(node=node.name, request="for its certificate", reason=str(err)) from err
        client = NodeClient(address, pinned_context(certificate), port=self._port, claim_code=node.claim_code)
        try:
            yield client
        finally:
            await client.close()

    def engine(self, answers: Answers, decisions: Decisions) -> Engine:
        address = str(answers.engine.address.ip)
        return EngineClient(address, self._folder.authority_file, answers.admin_user, decisions.password)

    def own(self, answers: Answers) -> str | None:
        return next((node.name for node in answers.nodes if _is_here(str(node.address.ip))), None)


def _is_here(address: str) -> bool:
    """Whether `address` is one of this machine: only such an address can be bound."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
