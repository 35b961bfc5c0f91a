"""Checks what a mount is made from, for all drivers; pure."""

from node.api.messages.mounts import MountSpec
from node.api.refusals import Malformed

_NEVER = frozenset("\\\"'")


def plain(what: str, text: str) -> str:
    """`text` when it can stand in a unit as it is. Raises Malformed."""
    if not text or not text.isprintable() or _NEVER & set(text) or text != text.strip():
        raise Malformed(reason=f"the {what} {text!r} is empty or has characters that no mount takes")
    return text


def options(spec: MountSpec) -> tuple[str, ...]:
    for option in spec.options:
        if "," in plain("mount option", option):
            raise Malformed(reason=f"the mount option {option!r} is more than one")
    return spec.options


def folder(path: str) -> str:
    """An absolute path. Raises Malformed."""
    if not plain("path", path).startswith("/") or ".." in path.split("/"):
        raise Malformed(reason=f"{path!r} is no absolute path")
    return path


def server_and_path(source: str) -> tuple[str, str]:
    """Of `server:/path`; a server may be an IPv6 address in brackets. Raises Malformed."""
    server, colon, path = plain("source", source).rpartition(":/")
    if not colon or not server or any(letter.isspace() for letter in server):
        raise Malformed(reason=f"{source!r} is not of the form server:/path")
    return server, folder(f"/{path}")
