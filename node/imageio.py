"""Speaks to the imageio daemon of this machine over its control socket: tickets are put, renewed and removed."""

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx
import msgspec

from node.api.problems import Failed

SOCKET = Path("/run/ovirt-imageio/sock")
QUICK_S = 10.0
STARTS_S = 5.0
REMOVE_S = 30.0  # longer than `remove_timeout` in the daemon's configuration


class ImageioUnavailable(Failed):
    what = "The transfer daemon of {machine} was not asked to {act}"
    why = "{reason}"
    mend = "Look into `systemctl status ovirt-imageio` there, then try again"
    status = 503


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """Who knows `uuid` may do `ops` (`read`, `write`) with the first `size` bytes at `url`, in the daemon's words."""

    uuid: str
    size: int
    url: str
    timeout: int
    inactivity_timeout: int
    ops: tuple[str, ...]
    transfer_id: str
    sparse: bool = False
    filename: str = ""


class TicketState(msgspec.Struct, frozen=True, kw_only=True):
    """`idle_time` is in seconds, `transferred` in bytes, none of them counted twice."""

    idle_time: int
    active: bool = False
    transferred: int = 0


class Imageio:
    """`machine` is what errors call it. Raises ImageioUnavailable."""

    def __init__(self, machine: str, socket: Path = SOCKET) -> None:
        self._machine = machine
        self._socket = socket

    async def put(self, ticket: Ticket) -> None:
        """Replaces one of the same id; connections that it has stay with the old one until they end."""
        await self._ask("add a ticket", "PUT", ticket.uuid, msgspec.to_builtins(ticket))

    async def extend(self, ticket_id: str, timeout_s: int) -> bool:
        """Whether it is there."""
        answer = await self._ask("extend a ticket", "PATCH", ticket_id, {"timeout": timeout_s})
        return answer.status_code != httpx.codes.NOT_FOUND

    async def find(self, ticket_id: str) -> TicketState | None:
        answer = await self._ask("show a ticket", "GET", ticket_id)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        return msgspec.json.decode(answer.content, type=TicketState)

    async def remove(self, ticket_id: str) -> bool:
        """What uses it is ended. False where it is used still: then it can do nothing more, and is to be removed
        again. A daemon that does not run has no tickets."""
        try:
            answer = await self._request("DELETE", ticket_id, None, REMOVE_S)
        except httpx.ConnectError:
            return True
        except httpx.HTTPError as err:
            raise self._unavailable("remove a ticket", err) from err
        return self._checked("remove a ticket", answer).status_code != httpx.codes.CONFLICT

    async def _ask(self, act: str, method: str, ticket_id: str, body: Any = None) -> httpx.Response:
        """A daemon that is being started is waited for."""
        until = time.monotonic() + STARTS_S
        while True:
            try:
                return self._checked(act, await self._request(method, ticket_id, body, QUICK_S))
            except httpx.HTTPError as err:
                if not isinstance(err, httpx.ConnectError) or time.monotonic() > until:
                    raise self._unavailable(act, err) from err
            await asyncio.sleep(0.1)

    async def _request(self, method: str, ticket_id: str, body: Any, timeout_s: float) -> httpx.Response:
        transport = httpx.AsyncHTTPTransport(uds=str(self._socket))
        async with httpx.AsyncClient(transport=transport, base_url="http://imageio", timeout=timeout_s) as http:
            return await http.request(method, f"/tickets/{ticket_id}", json=body)

    def _checked(self, act: str, answer: httpx.Response) -> httpx.Response:
        if answer.is_error and answer.status_code not in (httpx.codes.NOT_FOUND, httpx.codes.CONFLICT):
            raise ImageioUnavailable(machine=self._machine, act=act, reason=answer.text.strip())
        return answer

    def _unavailable(self, act: str, err: httpx.HTTPError) -> ImageioUnavailable:
        return ImageioUnavailable(machine=self._machine, act=act, reason=str(err) or type(err).__name__)
