"""Speaks a node's contract over HTTPS: the only way anybody but the node itself touches a node."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec

from node.api import paths
from node.api.contract import NodeApi
from node.api.operation import QUICK_S, Arguments, Operation
from node.api.problems import NodeNonResponsive, ProblemText, RemoteFailed, RemoteRefused
from node.api.refusals import NoSuchPath
from node.api.version import OLDEST_SPOKEN

# An idle connection that the node closed meanwhile, in a restart for example; every operation is safe to repeat.
_STALE = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError, httpx.CloseError)

# Of httpcore's events, after which a connection stands or does not.
_HANDSHAKE_OVER = ("connection.connect_tcp.failed", "connection.start_tls.failed", "connection.start_tls.complete")
CONNECT_S = 10.0
# All that an engine asks at once begins connections of its own, and the more handshakes a busy machine has under way
# the fewer of them end in time. Connections are not counted: what takes long would keep out what is quick.
HANDSHAKES = 8
OUT_OF_ITS_TIME = ("certificate is not yet valid", "certificate has expired")  # OpenSSL's words


class NodeClient(NodeApi):
    """The node at `address`.

    `tls` presents the caller's certificate and trusts the site's authority; `claim_code` is given only for a node
    that has not been claimed yet, or, where nobody has seen that it is the node, `claim_proof` ("NONCE:PROOF").
    """

    def __init__(
        self,
        address: str,
        tls: ssl.SSLContext,
        *,
        port: int = paths.PORT,
        claim_code: str = "",
        claim_proof: str = "",
    ) -> None:
        self.address = address
        self._version = OLDEST_SPOKEN
        known = f"Bearer {claim_code}" if claim_code else f"Claim {claim_proof}" if claim_proof else ""
        headers = {"Authorization": known} if known else {}
        self._http = httpx.AsyncClient(
            base_url=f"https://{address}:{port}",
            verify=tls,
            headers=headers,
            timeout=httpx.Timeout(QUICK_S, connect=CONNECT_S),
            limits=httpx.Limits(max_connections=None),
            trust_env=False,
        )
        self._handshakes = asyncio.Semaphore(HANDSHAKES)

    async def close(self) -> None:
        await self._http.aclose()

    async def call(self, operation: Operation, arguments: Arguments) -> Any:
        await self._check_known(operation)
        try:
            return operation.read_answer(await self._send(operation, arguments))
        except RemoteRefused as err:
            if operation.is_optional and err.text.status == 404 and err.text.code != NoSuchPath.__name__:
                return None
            raise

    async def stream(self, operation: Operation, arguments: Arguments) -> AsyncIterator[Any]:
        """Ends with NodeNonResponsive, at the latest after the operation's time without a line."""
        name, timeout = f"the stream of {operation.name}", httpx.Timeout(operation.timeout_s, connect=CONNECT_S)
        try:
            async with (
                self._turn() as trace,
                self._http.stream(
                    operation.method, operation.path_of(arguments), timeout=timeout, extensions=trace
                ) as answer,
            ):
                if answer.status_code >= 400:
                    await answer.aread()
                    self._raise(answer)
                async for line in answer.aiter_lines():
                    if line:
                        yield operation.read_answer(line.encode())
        except httpx.HTTPError as err:
            raise NodeNonResponsive(node=self.address, request=name, reason=_describe(err)) from err
        raise NodeNonResponsive(node=self.address, request=name, reason="the node closed it")

    async def _check_known(self, operation: Operation) -> None:
        """The node says its version once, before the first operation that not every node has, and when that was too
        old: it may have been upgraded since."""
        if operation.since > self._version:
            self._version = (await self.identity()).api_version
        operation.check_known(self.address, self._version)

    async def _send(self, operation: Operation, arguments: Arguments) -> bytes:
        method, path, content = operation.method, operation.path_of(arguments), operation.body_of(arguments)
        timeout = httpx.Timeout(operation.timeout_s, connect=CONNECT_S)
        headers = {"Content-Type": "application/json"} if content is not None else {}

        async def ask() -> httpx.Response:
            async with self._turn() as trace:
                return await self._http.request(
                    method, path, content=content, headers=headers, timeout=timeout, extensions=trace
                )

        try:
            try:
                answer = await ask()
            except _STALE:
                answer = await ask()
        except httpx.HTTPError as err:
            raise NodeNonResponsive(node=self.address, request=f"{method} {path}", reason=_describe(err)) from err
        if answer.status_code >= 400:
            self._raise(answer)
        return answer.content

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[dict[str, Any]]:
        """httpx's extensions of a request, which let it begin a connection when few others do; none of its time passes
        while it waits for that."""
        held = False

        async def trace(event: str, _: Any) -> None:
            nonlocal held
            if event == "connection.connect_tcp.started":
                await self._handshakes.acquire()
                held = True
            elif held and event in _HANDSHAKE_OVER:
                self._handshakes.release()
                held = False

        try:
            yield {"trace": trace}
        finally:
            if held:
                self._handshakes.release()

    def _raise(self, answer: httpx.Response) -> None:
        try:
            text = msgspec.json.decode(answer.content, type=ProblemText)
        except msgspec.MsgspecError:
            text = ProblemText(
                code="Unreadable",
                what=f"{answer.request.method} {answer.request.url.path} was not carried out",
                why=f"the node answered {answer.status_code} and no reason",
                mend="Look into the log of trivet-node there",
                status=answer.status_code,
            )
        raise (RemoteFailed if text.changed else RemoteRefused)(text, self.address)


def _describe(err: Exception) -> str:
    text = str(err) or type(err).__name__
    if any(phrase in text for phrase in OUT_OF_ITS_TIME):
        text += f". By this machine's clock it is {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC: see whether that is right"
    return text
