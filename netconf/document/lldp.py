"""The section `lldp`: whether an interface listens, and who it hears, as nmstate shows it."""

from collections.abc import Iterable

from netconf.document.reader import Reader
from netconf.kinds import LldpNeighbour

# The types of IEEE 802.1AB's TLVs.
_CHASSIS, _PORT, _PORT_DESCRIPTION, _SYSTEM, _OWN = 1, 2, 4, 5, 127
_IEEE_802_1 = "00:80:c2"


def read_lldp(section: Reader | None) -> bool | None:
    if section is None:
        return None
    section.only({"enabled", "neighbors"})
    return section.flag("enabled")


def render_lldp(enabled: bool, neighbours: Iterable[LldpNeighbour]) -> dict[str, object]:
    heard = [_neighbour(one) for one in neighbours]
    return {"enabled": enabled} | ({"neighbors": heard} if heard else {})


def _neighbour(one: LldpNeighbour) -> list[dict[str, object]]:
    """A list of what it said, each with the type of its TLV."""
    said: tuple[tuple[int, str, object], ...] = (
        (_SYSTEM, "system-name", one.system),
        (_CHASSIS, "chassis-id", one.chassis),
        (_PORT, "port-id", one.port),
        (_PORT_DESCRIPTION, "port-description", one.description),
    )
    shown: list[dict[str, object]] = [{"type": kind, key: value} for kind, key, value in said if value]
    if one.vlan is not None:
        shown.append({"type": _OWN, "oui": _IEEE_802_1, "pvid": one.vlan})
    return shown
