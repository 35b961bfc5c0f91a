"""The options by which a volume speaks TLS only, and only with the servers that it names."""

from collections.abc import Iterable

SWITCHES = ("client.ssl", "server.ssl")


def options(servers: Iterable[str]) -> dict[str, str]:
    """`servers` are the common names in the certificates of those who may use the volume: its servers and clients."""
    return dict.fromkeys(SWITCHES, "on") | {"auth.ssl-allow": ",".join(servers)}
