"""Bonds that speak LACP to nobody are named where a change fails."""

from netconf.kernel.lacp import from_links
from netconf.networkmanager.backend import reason

_LACP, _XOR = 4, 2


def bond(name: str, mode: int, partner: str | None = None) -> dict[str, object]:
    inside: dict[str, object] = {"IFLA_BOND_MODE": mode}
    if partner is not None:
        inside["IFLA_BOND_AD_INFO"] = {"IFLA_BOND_AD_INFO_PARTNER_MAC": partner}
    return {"ifname": name, "linkinfo": {"IFLA_INFO_DATA": inside}}


def test_which_bonds_have_no_partner() -> None:
    links: list[dict[str, object]] = [
        {"ifname": "eth0"},
        bond("bond0", _LACP, "00:00:00:00:00:00"),
        bond("bond1", _LACP, "02:00:00:00:00:01"),
        bond("bond2", _XOR),
        bond("bond3", _LACP),
    ]
    assert from_links(links) == ("bond0", "bond3")


def test_the_error_names_them() -> None:
    assert reason(TimeoutError(), ()) == "not everything came up in time"
    assert reason(TimeoutError(), ("bond0",)).startswith(
        "not everything came up in time; the bond bond0 has no partner"
    )
