"""The sections `vlan` and `vxlan` of interfaces that stand on another."""

from netconf.document.reader import Reader, short_ip, why_bad_ip, why_bad_name
from netconf.kinds import Vlan, VlanProtocol, Vxlan


def read_vlan(section: Reader) -> Vlan:
    section.only({"base-iface", "id", "protocol", "reorder-headers", "loose-binding", "registration-protocol"})
    section.not_yet("reorder-headers", unless=(True,))
    section.not_yet("loose-binding", unless=(False,))
    section.not_yet("registration-protocol", unless=("none",))
    section.required("base-iface")
    if not section.has("id"):
        section.wrong("id", "is missing")
    return Vlan(
        base=section.checked("base-iface", why_bad_name) or "",
        id=section.number("id", 0, 4094) or 0,
        protocol=section.word("protocol", VlanProtocol) or VlanProtocol.IEEE_802_1Q,
    )


def render_vlan(vlan: Vlan) -> dict[str, object]:
    return {"base-iface": vlan.base, "id": vlan.id, "protocol": vlan.protocol.value}


def read_vxlan(section: Reader) -> Vxlan:
    section.only({"base-iface", "id", "remote", "local", "destination-port", "learning"})
    if not section.has("id"):
        section.wrong("id", "is missing")
    learning = section.flag("learning")
    vxlan = Vxlan(
        id=section.number("id", 0, 2**24 - 1) or 0,
        base=section.checked("base-iface", why_bad_name) or "",
        remote=short_ip(section.checked("remote", why_bad_ip)),
        local=short_ip(section.checked("local", why_bad_ip)),
        port=section.number("destination-port", 1, 65535) or 4789,
        learning=True if learning is None else learning,
    )
    if vxlan.remote and vxlan.local and (":" in vxlan.remote) != (":" in vxlan.local):
        section.wrong("local", f"{vxlan.local} is not of the family of {vxlan.remote}")
    return vxlan


def render_vxlan(vxlan: Vxlan) -> dict[str, object]:
    shown: dict[str, object] = {"id": vxlan.id, "destination-port": vxlan.port, "learning": vxlan.learning}
    more = {"base-iface": vxlan.base, "remote": vxlan.remote, "local": vxlan.local}
    return shown | {key: value for key, value in more.items() if value}
