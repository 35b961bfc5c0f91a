"""Which format a body has, and which one an answer gets: the headers Content-Type and Accept. Pure."""

from enum import StrEnum
from functools import lru_cache

from falcon import mediatypes
from falcon.errors import InvalidMediaRange

from hosted_engine.rest.problems import NotAcceptable, UnknownMediaType


class Format(StrEnum):
    XML = "application/xml"
    JSON = "application/json"


# What answers may be called, the first one where the client does not care.
_ANSWERS = {"application/xml": Format.XML, "application/json": Format.JSON, "text/xml": Format.XML}
_BODIES = {**_ANSWERS, "text/json": Format.JSON}


def format_of_body(content_type: str, body: bytes) -> tuple[Format, str]:
    """The format and the character set, "" where it is not said. Without Content-Type a body is XML, as in oVirt,
    unless it begins as XML never does. Raises UnknownMediaType."""
    if not content_type.strip():
        return (Format.JSON if body.lstrip()[:1] in (b"{", b"[") else Format.XML), ""
    media_type, parameters = mediatypes.parse_header(content_type)
    found = _BODIES.get(media_type.lower()) or _by_suffix(media_type.lower())
    if found is None:
        raise UnknownMediaType(media_type=media_type[:80], known=", ".join(_BODIES))
    return found, parameters.get("charset", "").strip('"')


@lru_cache
def format_of_answer(accept: str) -> tuple[Format, str]:
    """The format and what to call it, by the weights of Accept. Of equal ones that goes first which is named, not only
    covered by a wildcard, then XML. Raises NotAcceptable."""
    wanted = ",".join(part for part in accept.lower().split(",") if _is_range(part))
    if not wanted:
        return Format.XML, Format.XML.value
    named = {mediatypes.parse_header(part)[0] for part in wanted.split(",")}
    media_type = max(_ANSWERS, key=lambda candidate: (mediatypes.quality(candidate, wanted), candidate in named))
    if mediatypes.quality(media_type, wanted) <= 0:
        raise NotAcceptable(accept=accept[:80], known=", ".join(_ANSWERS))
    return _ANSWERS[media_type], media_type


def asks_for(accept: str, media_type: str) -> bool:
    """Whether it is named, not only covered by a wildcard."""
    parts = (part for part in accept.lower().split(",") if _is_range(part))
    return any(
        mediatypes.parse_header(part)[0] == media_type and mediatypes.quality(media_type, part) > 0 for part in parts
    )


def _by_suffix(media_type: str) -> Format | None:
    """application/vnd.example+xml is XML (RFC 6839)."""
    suffix = media_type.rpartition("+")[2] if "+" in media_type else ""
    return {"xml": Format.XML, "json": Format.JSON}.get(suffix)


def _is_range(part: str) -> bool:
    """Whether it is one at all; what is none counts as not there."""
    try:
        mediatypes.quality(Format.XML, part)
    except InvalidMediaRange:
        return False
    return True
