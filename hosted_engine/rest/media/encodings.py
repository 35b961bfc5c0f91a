"""Turns documents of other encodings into UTF-8, and says where one is not what it claims to be. Pure."""

import codecs
import re

from hosted_engine.rest.problems import Malformed, UnknownCharset

# By Python's names. Not all that Python has: some take quadratic time, some are no encodings of text.
KNOWN = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "ascii", "iso8859-1", "iso8859-15", "cp1252")
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DECLARED = re.compile(rb"""<\?xml[^>]{0,100}?encoding\s{0,10}=\s{0,10}["']([A-Za-z0-9._-]{1,40})["']""")


def utf8_xml(body: bytes, charset: str) -> bytes:
    """The document in UTF-8. A byte order mark goes before `charset`, what HTTP says, and that before what the
    document says (RFC 7303). Raises UnknownCharset, Malformed."""
    found = _DECLARED.match(body)
    return to_utf8(body, charset or (found[1].decode("ascii") if found else ""))


def to_utf8(body: bytes, charset: str) -> bytes:
    """`body` in UTF-8 and without a byte order mark; `charset` "" is UTF-8. Raises UnknownCharset, Malformed."""
    for mark, name in _MARKS:
        if body.startswith(mark):
            body, charset = body[len(mark) :], name
            break
    name = _known(charset) if charset else "utf-8"
    try:
        text = body.decode(name)
    except UnicodeDecodeError as err:
        raise Malformed(problem=_where(body, name, err)) from None
    return body if name == "utf-8" else text.encode()


def _known(charset: str) -> str:
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError):  # ValueError: a NUL in it
        name = ""
    if name not in KNOWN:
        raise UnknownCharset(charset=charset[:40], known=", ".join(KNOWN))
    return name


def _where(body: bytes, name: str, err: UnicodeDecodeError) -> str:
    line, column = body.count(b"\n", 0, err.start) + 1, err.start - body.rfind(b"\n", 0, err.start)
    return f"The document is no {name.upper()}: byte 0x{body[err.start]:02X} in line {line}, column {column} cannot be"
