"""Stands before an engine: any password of an example is made the true one, for a host the claim code of the machine,
and requests are noted."""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

from tests.fakes.machine import CLAIM_CODE

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

_TOKEN = "/ovirt-engine/sso/oauth/token"
_API = "/ovirt-engine/api"
_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TAG = re.compile(r"<[^>]+>")
_WORDY = re.compile(r"( is not there yet|, only .*\bMend the search).*", re.DOTALL)
_MAX_FAULT_BYTES = 2000
_HOST = re.compile(r"/hosts(/[^/]+/install)?/?$")
_PASSWORD = re.compile(rb"(?<=<root_password>)[^<]*")
_CODE = CLAIM_CODE.encode()


@dataclass
class Request:
    """One request below the API, as it was answered."""

    method: str
    path: str
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    fault: str = ""

    def __str__(self) -> str:
        words = _WORDY.sub("", " ".join(_TAG.sub(" ", self.fault).split()))
        return f"{self.method} {_ID.sub('{id}', self.path)} → {self.status}" + (f": {words}" if words else "")


class Front:
    """An ASGI application around the one of the engine, which may be exchanged at any time."""

    def __init__(self, password: str) -> None:
        self.engine: App | None = None
        self.requests: list[Request] = []
        self._password = password

    @property
    def first_refused(self) -> Request | None:
        """The first request that the engine did not carry out; a token that is missing at first is none."""
        return next((asked for asked in self.requests if asked.status >= 400 and asked.status != 401), None)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        assert self.engine is not None
        path = scope.get("path", "")
        if path == _TOKEN:
            body = await _whole(receive)
            form = parse_qs(body.decode(), keep_blank_values=True)
            form["password"] = [self._password]
            scope, receive = _with_body(scope, urlencode(form, doseq=True).encode())
        elif path.startswith(_API):
            send = self._noting(scope, send)
            if _HOST.search(path) and scope["method"] == "POST":
                scope, receive = _with_body(scope, _PASSWORD.sub(_CODE, await _whole(receive)))
        await self.engine(scope, receive, send)

    def _noting(self, scope: Message, send: Send) -> Send:
        query = scope.get("query_string", b"").decode()
        path = scope["path"].removeprefix(_API) + (f"?{query}" if query else "")
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        asked = Request(scope["method"], path or "/", headers=headers)
        self.requests.append(asked)

        async def note(message: Message) -> None:
            if message["type"] == "http.response.start":
                asked.status = message["status"]
            elif asked.status >= 400 and len(asked.fault) < _MAX_FAULT_BYTES:
                asked.fault += bytes(message.get("body", b"")).decode(errors="replace")
            await send(message)

        return note


async def _whole(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _with_body(scope: Message, body: bytes) -> tuple[Message, Receive]:
    headers = [(name, value) for name, value in scope["headers"] if name.lower() != b"content-length"]
    scope = {**scope, "headers": [*headers, (b"content-length", str(len(body)).encode())]}
    parts: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return parts.pop() if parts else {"type": "http.disconnect"}

    return scope, receive
