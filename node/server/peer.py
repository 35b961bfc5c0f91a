"""Who is at the other end: uvicorn keeps the client's certificate to itself, so its protocol is taught to tell."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from falcon.asgi import Request

from node.serving.protocol import BoundedProtocol

EXTENSION = "trivet.peer"


@dataclass(frozen=True, slots=True)
class Peer:
    """`name` and `role` are CN and O of the verified certificate, empty without one. `gone` says whether the
    connection is closed. The certificate is valid from `since` to `until`, in seconds since the epoch."""

    name: str
    role: str
    gone: Callable[[], bool]
    since: float = 0.0
    until: float = 0.0

    def is_in_time(self, now: float) -> bool:
        return self.since <= now <= self.until


class PeerProtocol(BoundedProtocol):
    """Puts the Peer into `scope["extensions"]` of every request."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]
        tls = self.transport.get_extra_info("ssl_object")
        certificate = tls.getpeercert() if tls is not None else None
        scope["extensions"] = {EXTENSION: peer_of(certificate or {}, self.transport.is_closing)}


def peer_in(req: Request) -> Peer:
    found = req.scope.get("extensions", {}).get(EXTENSION)
    return found if isinstance(found, Peer) else peer_of({})


def peer_of(certificate: dict[str, Any], gone: Callable[[], bool] = lambda: False) -> Peer:
    """From the form in which the ssl module gives a verified certificate. An attribute that comes twice counts as none:
    nobody is to be two roles."""
    values: dict[str, list[str]] = {}
    for part in certificate.get("subject", ()):
        for key, value in part:
            values.setdefault(key, []).append(value)

    def only(key: str) -> str:
        found = values.get(key, [])
        return found[0] if len(found) == 1 else ""

    since, until = (
        float(ssl.cert_time_to_seconds(certificate[key])) if key in certificate else 0.0
        for key in ("notBefore", "notAfter")
    )
    return Peer(name=only("commonName"), role=only("organizationName"), gone=gone, since=since, until=until)
