"""The options by which a volume speaks TLS only, and only with the servers that it names."""

from collections.abc import Iterable, Mapping

SWITCHES = ("client.ssl", "server.ssl")
ALLOWED = "auth.ssl-allow"


def options(servers: Iterable[str]) -> dict[str, str]:
    """`servers` are the common names in the certificates of those who may use the volume: its servers and clients."""
    return dict.fromkeys(SWITCHES, "on") | {ALLOWED: ",".join(servers)}


def allowed(options: Mapping[str, str]) -> tuple[str, ...]:
    """Who may use the volume with these options, by name."""
    return tuple(name for name in options.get(ALLOWED, "").split(",") if name)
