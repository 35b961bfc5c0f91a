"""A bond that goes from every mode to every other, with a VLAN and its address on it."""

from collections.abc import Iterator

from netconf.kinds import BondMode
from tests.integration.netconf.contract import Case, Document, Stage
from tests.integration.netconf.lacp_cases import SWITCH
from tests.integration.netconf.sections import ADDRESS, bond, gone, link, vlan


def round_of(width: int) -> Iterator[BondMode]:
    """All modes and the first again, `width` apart. Their number is prime: every width leads round."""
    modes = tuple(BondMode)
    yield from (modes[width * step % len(modes)] for step in range(len(modes) + 1))


def _stage(mode: BondMode, *more: Document) -> Stage:
    ports = (link(name, "master", "bond0") for name in ("nic1", "nic2"))
    here = (link("bond0", "linkinfo.info_data.mode", mode.value), link("bond0.20", "link", "bond0"), *ports)
    return Stage({"interfaces": [bond(mode.value, "nic1", "nic2", miimon=100), *more]}, here)


def _case(width: int) -> Case:
    first, *rest = round_of(width)
    return Case(
        f"bond-modes-{width}-apart",
        (_stage(first, vlan("bond0.20", "bond0", 20, ipv4=ADDRESS)), *map(_stage, rest)),
        gone("bond0.20", "bond0"),
        ("bonding", "8021q", "veth"),
        SWITCH,
    )


MODE_CASES = tuple(_case(width) for width in range(1, len(BondMode)))  # so that each follows each other once
