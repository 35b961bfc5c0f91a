"""The two ways in: the agent's API, driven as an engine drives it, and the command line inside the machine."""

import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol
from uuid import uuid4

from node.api.messages.network import NetworkRequest
from node.api.problems import NodeNonResponsive, Problem, RemoteFailed, RemoteRefused
from node.changes import change_and_confirm
from node.clock import SystemClock
from tests.integration.lockout.node import Node
from tests.integration.lockout.operator import Operator

Document = Mapping[str, Any]
_IN_FORCE_S = 60


class End(StrEnum):
    """What whoever asked for a change was told. CUT: nothing, for it, the agent or the machine died."""

    REFUSED = "refused"
    ROLLED_BACK = "taken back"
    UNCONFIRMED = "time-out"
    CONFIRMED = "kept"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class Attempt:
    end: End
    description: str = ""


class Entry(Protocol):
    name: str

    async def change(self, document: Document, within_s: int) -> Attempt: ...

    async def change_only(self, document: Document, within_s: int) -> Attempt:
        """Ask for it, and be gone once it is in force: nobody proves or confirms."""
        ...


class Api:
    name = "agent API"

    def __init__(self, node: Node, operator: Operator) -> None:
        self._node, self._operator = node, operator

    async def change(self, document: Document, within_s: int) -> Attempt:
        request = NetworkRequest(document=dict(document), confirm_within_s=within_s)
        return await self._operator.does(self._asked(request))

    async def _asked(self, request: NetworkRequest) -> Attempt:
        try:
            change = await change_and_confirm(self._operator.api, request, SystemClock())
        except Problem as err:
            return Attempt(_end_of(err), str(err))
        return Attempt(End.CONFIRMED, "; ".join(change.descriptions))

    async def change_only(self, document: Document, within_s: int) -> Attempt:
        """The node's answer is not waited for: it is lost when the change takes the node out of reach."""
        return await self._operator.does(self._begun(document, within_s))

    async def _begun(self, document: Document, within_s: int) -> Attempt:
        async with asyncio.timeout(_IN_FORCE_S), self._operator.api() as api:
            request = NetworkRequest(document=dict(document), confirm_within_s=within_s)
            asking = asyncio.create_task(api.change_network(request))
            try:
                while not asking.done() and not self._node.awaits_confirmation():  # noqa: ASYNC110 - another process
                    await asyncio.sleep(0.05)
                if asking.done():
                    await asking
            except Problem as err:
                return Attempt(_end_of(err), str(err))
            finally:
                asking.cancel()
        return Attempt(End.UNCONFIRMED)


def _end_of(err: Problem) -> End:
    if isinstance(err, RemoteRefused):
        return End.UNCONFIRMED if err.text.code in ("CheckpointGone", "BackendReturned") else End.REFUSED
    if isinstance(err, RemoteFailed):
        return End.ROLLED_BACK
    return End.UNCONFIRMED if isinstance(err, NodeNonResponsive) else End.REFUSED


class Command:
    """`trivet net apply` as it is, which asks the gateway, whoever is connected and the name servers before it keeps
    anything."""

    name = "command line"

    def __init__(self, node: Node, operator: Operator) -> None:
        self._node = node

    async def change(self, document: Document, within_s: int) -> Attempt:
        if not self._node.guarded:
            return await self._confirmed_at_once(document, within_s)
        return await self._apply(document, within_s)

    async def change_only(self, document: Document, within_s: int) -> Attempt:
        attempt = await self._apply(document, within_s, "--confirm-by=nothing")
        return Attempt(End.UNCONFIRMED, attempt.description) if attempt.end is End.CONFIRMED else attempt

    async def _confirmed_at_once(self, document: Document, within_s: int) -> Attempt:
        attempt = await self._apply(document, within_s, "--confirm-by=nothing")
        if attempt.end is End.CONFIRMED:
            await self._trivet("confirm")
        return attempt

    async def _apply(self, document: Document, within_s: int, *options: str) -> Attempt:
        file = self._node.folder / f"{uuid4().hex}.json"
        file.write_text(json.dumps(document))
        return await self._trivet("apply", str(file), "--yes", f"--within={within_s}", *options)

    async def _trivet(self, *arguments: str) -> Attempt:
        argv = self._node.inside(
            sys.executable, "-m", "tests.integration.lockout.command", str(self._node.folder), "net", *arguments
        )
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*argv, stdout=pipe, stderr=asyncio.subprocess.STDOUT)
        self._node.runs(process.pid)
        output, _ = await process.communicate()
        return Attempt(_end_of_command(process.returncode or 0, output.decode()), output.decode())


def _end_of_command(code: int, output: str) -> End:
    if code == 0:
        return End.CONFIRMED
    if code < 0:
        return End.CUT
    if any(
        message in output for message in ("The change was not kept", "over before it was confirmed", "Cannot keep the")
    ):
        return End.UNCONFIRMED
    return End.ROLLED_BACK if "Changing" in output else End.REFUSED
