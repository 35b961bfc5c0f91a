"""Bodies in and out: JSON by msgspec, checked against the messages."""

from typing import TypeVar

import msgspec
from falcon.asgi import Request, Response

from node.api.refusals import Malformed

T = TypeVar("T")

LARGEST_BODY_BYTES = 8 << 20


async def body(req: Request, kind: type[T]) -> T:
    """The request's body as `kind`; Malformed or a msgspec error when it is none."""
    if (req.content_length or 0) > LARGEST_BODY_BYTES:
        raise Malformed(reason=f"its body is larger than {LARGEST_BODY_BYTES} bytes")
    return msgspec.json.decode(await req.stream.read(LARGEST_BODY_BYTES), type=kind)


def answer(resp: Response, value: object) -> None:
    resp.content_type = "application/json"
    resp.data = msgspec.json.encode(value)


def same(kind: str, in_path: str, in_body: str) -> None:
    """Malformed unless what the path names is what the body is about."""
    if in_path != in_body:
        raise Malformed(reason=f"the path names {kind} {in_path!r} and the body {in_body!r}")
