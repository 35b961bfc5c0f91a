"""Between the server and the application: notes what each connection waits for, and waits for no idle body."""

from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any

from node.serving.connections import Connection, Connections, Phase

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Receive, Send], Awaitable[None]]

BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})
_OF_BODIES = frozenset({b"content-length", b"transfer-encoding"})


class Guard:
    """ASGI middleware. Requests whose method is in `bodiless` are answered at once: a body that they announce is not
    waited for, and the application does not hear of it."""

    def __init__(self, app: App, connections: Connections, bodiless: Collection[str] = BODILESS) -> None:
        self._app = app
        self._connections = connections
        self._bodiless = bodiless

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope.get("method") in self._bodiless:
            scope, receive = _unannounced(scope), _without_body(receive)
        connection = self._connections.find(scope.get("client"))
        if connection is None:
            await self._app(scope, receive, send)
            return
        watched = _Watched(connection, self._connections, receive, send)
        connection.enter(Phase.ANSWER, self._connections.clock())
        try:
            await self._app(scope, watched.receive, watched.send)
        finally:
            bounds = self._connections.bounds
            connection.enter(Phase.IDLE, self._connections.clock(), bounds.idle_s + bounds.head_s)


class _Watched:
    """One request on its connection."""

    def __init__(self, connection: Connection, connections: Connections, receive: Receive, send: Send) -> None:
        self._connection = connection
        self._clock = connections.clock
        self._bounds = connections.bounds
        self._receive = receive
        self._send = send
        self._whole = False
        self._began = self._clock()

    async def receive(self) -> Message:
        if self._whole:
            return await self._receive()  # waits for the client to go away
        self._connection.enter(Phase.BODY, self._began, self._bounds.body_s)  # no piece of it makes it younger
        message = await self._receive()
        self._connection.enter(Phase.ANSWER, self._clock())
        self._whole = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        self._connection.enter(Phase.WRITE, self._clock(), self._bounds.write_s)
        await self._send(message)
        self._connection.enter(Phase.ANSWER, self._clock())


def _unannounced(scope: Any) -> Any:
    """Without the headers that speak of a body: to the application it would be one that broke off."""
    headers = [(name, value) for name, value in scope["headers"] if name not in _OF_BODIES]
    return {**scope, "headers": headers}


def _without_body(receive: Receive) -> Receive:
    asked = False

    async def instead() -> Message:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        while (message := await receive())["type"] == "http.request":
            pass
        return message

    return instead
