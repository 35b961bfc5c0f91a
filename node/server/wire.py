"""Bodies in and out: JSON by msgspec, checked against the messages."""

from collections.abc import Iterator
from typing import TypeVar

import msgspec
from falcon.asgi import Request, Response

from node.api.refusals import Malformed, SettingsUnknown

T = TypeVar("T")

LARGEST_BODY_BYTES = 8 << 20


async def body(req: Request, kind: type[T]) -> T:
    """The request's body as `kind`; Malformed or a msgspec error when it is none."""
    return msgspec.json.decode(await _read(req), type=kind)


async def whole_body(req: Request, kind: type[T]) -> T:
    """As `body`; SettingsUnknown when it says anything that would be passed over."""
    content = await _read(req)
    found = msgspec.json.decode(content, type=kind)
    if unknown := sorted(set(_unknown(msgspec.json.decode(content), found))):
        raise SettingsUnknown(settings=", ".join(unknown))
    return found


async def _read(req: Request) -> bytes:
    if (req.content_length or 0) > LARGEST_BODY_BYTES:
        raise Malformed(reason=f"its body is larger than {LARGEST_BODY_BYTES} bytes")
    content: bytes = await req.stream.read(LARGEST_BODY_BYTES)
    return content


def _unknown(sent: object, found: object, path: str = "") -> Iterator[str]:
    """The names in `sent` that `found`, which was decoded from it, has no field for."""
    if isinstance(sent, dict) and isinstance(found, msgspec.Struct):
        for name, value in sent.items():
            if name in found.__struct_fields__:
                yield from _unknown(value, getattr(found, name), f"{path}{name}.")
            else:
                yield path + name
    elif isinstance(sent, list) and isinstance(found, tuple):
        for one, decoded in zip(sent, found, strict=True):
            yield from _unknown(one, decoded, path)


def answer(resp: Response, value: object) -> None:
    resp.content_type = "application/json"
    resp.data = msgspec.json.encode(value)


def same(kind: str, in_path: str, in_body: str) -> None:
    """Malformed unless what the path names is what the body is about."""
    if in_path != in_body:
        raise Malformed(reason=f"the path names {kind} {in_path!r} and the body {in_body!r}")
