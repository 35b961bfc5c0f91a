"""Ports of what has ports."""

from collections import Counter
from collections.abc import Iterable

from netconf.document.reader import Reader, why_bad_name
from netconf.kinds import Vrf


def why_bad_ports(section: Reader, key: str, ports: Iterable[str] | None) -> None:
    for name, times in Counter(ports or ()).items():
        if name and times > 1:
            section.wrong(key, f"{name} is named twice")


def render_ports(ports: tuple[str, ...] | None) -> dict[str, object]:
    return {} if ports is None else {"port": list(ports)}


def read_vrf(section: Reader) -> Vrf:
    key = section.known_as("port", "ports")
    section.only({key, "route-table-id"})
    ports = section.texts(key, why_bad_name) if section.has(key) else None
    why_bad_ports(section, key, ports)
    table = section.number("route-table-id", 1, 2**32 - 1)
    if not section.has("route-table-id"):
        section.wrong("route-table-id", "is missing")
    return Vrf(table or 0, None if ports is None else tuple(sorted(ports)))


def render_vrf(vrf: Vrf) -> dict[str, object]:
    return {"route-table-id": vrf.table, **render_ports(vrf.ports)}
