"""The API's place in Falcon: takes HTTP apart, asks who it is, hands the rest to the dispatcher."""

from collections.abc import Mapping
from dataclasses import replace

from falcon.asgi import Request, Response

from hosted_engine.engine.users.directories import DirectoryUnavailable
from hosted_engine.limits import BODY_BYTES, HEADER_BYTES
from hosted_engine.rest.auth import COOKIE, Authenticator, basic_credentials
from hosted_engine.rest.compression import compress
from hosted_engine.rest.dispatch import PREFIX, Ask, Dispatcher, Reply
from hosted_engine.rest.problems import ApiRefused, HeaderTooLong, Malformed, NotSignedIn, TooLarge

_PASSED_HEADERS = (
    "accept",
    "accept-encoding",
    "authorization",
    "content-type",
    "cookie",
    "correlation-id",
    "expect",
    "prefer",
    "filter",
    "all-content",
)


class Api:
    def __init__(self, dispatcher: Dispatcher, authenticator: Authenticator) -> None:
        self._dispatcher = dispatcher
        self._authenticator = authenticator

    async def serve(self, req: Request, resp: Response | None, **_: object) -> None:
        if resp is not None:  # there is none for a WebSocket
            await self._serve(req, resp)

    async def _serve(self, request: Request, response: Response) -> None:
        headers = {name: value for name, value in request.headers.items() if name in _PASSED_HEADERS}
        reply = await self._reply(request, response, headers)
        body, encoding = await compress(reply.body, headers.get("accept-encoding", ""))
        response.status = reply.status
        response.content_type = reply.content_type or None
        response.data = body
        for name, value in {"Vary": "Accept, Accept-Encoding", **encoding, **reply.headers}.items():
            response.set_header(name, value)

    async def _reply(self, request: Request, response: Response, headers: Mapping[str, str]) -> Reply:
        ask = Ask(
            http="GET" if request.method == "HEAD" else request.method,
            path=raw_path(request),
            query=request.query_string,
            headers=headers,
        )
        try:
            if long := next((name for name, value in headers.items() if len(value) > HEADER_BYTES), None):
                raise HeaderTooLong(name=long, limit=HEADER_BYTES)
            source = source_of(request)
            caller = await self._authenticator.of_request(headers, source=source)
            if caller is None:
                raise NotSignedIn
            await self._remember(response, headers, source)
            ask = replace(ask, body=await read_body(request, BODY_BYTES))
        except (ApiRefused, DirectoryUnavailable) as err:
            return self._dispatcher.refusal(ask, err, {})
        return await self._dispatcher.reply(ask, caller)

    async def _remember(self, response: Response, headers: Mapping[str, str], source: str) -> None:
        """`Prefer: persistent-auth`: a session in a cookie, instead of credentials on every request."""
        if "persistent-auth" not in headers.get("prefer", "") or COOKIE in headers.get("cookie", ""):
            return
        scheme, _, credentials = headers.get("authorization", "").partition(" ")
        pair = basic_credentials(credentials) if scheme.lower() == "basic" else None
        if pair is not None:
            token, _ = await self._authenticator.sign_in(*pair, scope="ovirt-app-api", source=source)
            response.set_cookie(COOKIE, token, path=PREFIX, secure=True, http_only=True, same_site="Strict")


def source_of(request: Request) -> str:
    """The address that asks."""
    return str((request.scope.get("client") or ("",))[0])


def raw_path(request: Request) -> str:
    """The path as it was sent: a %2F in it is part of a segment."""
    raw: bytes = request.scope.get("raw_path") or request.path.encode()
    return raw.partition(b"?")[0].decode(errors="surrogateescape")


async def read_body(request: Request, limit: int) -> bytes:
    """The body. Raises TooLarge, and Malformed where the connection ended in its middle: what did arrive may well be a
    whole other request."""
    if (request.content_length or 0) > limit:
        raise TooLarge(limit=limit)
    body = bytearray()
    async for chunk in request.stream:
        body += chunk
        if len(body) > limit:
            raise TooLarge(limit=limit)
    if len(body) < (request.content_length or 0):
        raise Malformed(problem="The body is shorter than its Content-Length")
    return bytes(body)
