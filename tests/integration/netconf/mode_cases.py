"""A bond that goes from every mode to every other, with a VLAN and its address on it."""

from collections.abc import Iterator

from netconf.kinds import BondMode
from tests.integration.netconf.contract import Case, Document, Stage
from tests.integration.netconf.lacp_cases import ADDRESS, OFF, SWITCH, vlan
from tests.integration.netconf.layouts import gone, link


def circuit() -> Iterator[BondMode]:
    """Modes so that each follows each other once. There is a prime number of them: every step width leads round."""
    modes, at = tuple(BondMode), 0
    yield modes[at]
    for width in range(1, len(modes)):
        for _ in modes:
            at = (at + width) % len(modes)
            yield modes[at]


def _bond(mode: BondMode) -> Document:
    inside = {"mode": mode.value, "port": ["nic1", "nic2"], "options": {"miimon": 100}}
    return {"name": "bond0", "type": "bond", "ipv4": OFF, "ipv6": OFF, "link-aggregation": inside}


def _stage(mode: BondMode, *more: Document) -> Stage:
    ports = (link(name, "master", "bond0") for name in ("nic1", "nic2"))
    here = (link("bond0", "linkinfo.info_data.mode", mode.value), link("bond0.20", "link", "bond0"), *ports)
    return Stage({"interfaces": [_bond(mode), *more]}, here)


_FIRST, *_NEXT = circuit()
MODE_CASES = (
    Case(
        "bond-from-each-mode-to-each",
        (_stage(_FIRST, vlan("bond0.20", "bond0", 20, ipv4=ADDRESS)), *map(_stage, _NEXT)),
        gone("bond0.20", "bond0"),
        ("bonding", "8021q", "veth"),
        SWITCH,
    ),
)
