"""Which link files NICs get."""

from dataclasses import replace
from pathlib import Path

import pytest

from netconf.model import Interface, LinkType, NetworkState
from netconf.pinning import SameMac, apply, link_file, pins, read

MACS = {f"eth{n}": f"52:54:00:00:00:0{n}" for n in range(3)}


def nics(**macs: str) -> NetworkState:
    return NetworkState(tuple(Interface(name, LinkType.ETHERNET, permanent_mac=mac) for name, mac in macs.items()))


def test_each_nic_is_pinned_once(tmp_path: Path) -> None:
    found = pins(nics(**MACS), {})
    assert found.descriptions[0] == "eth0 is the NIC with 52:54:00:00:00:00"
    apply(found, tmp_path / "network")
    present = read(tmp_path / "network")
    assert present["70-trivet-eth1.link"] == link_file("eth1", MACS["eth1"])
    again = pins(nics(**MACS), present)
    assert (again.write, again.remove, again.descriptions) == ({}, (), ())


def test_what_has_no_card_is_left_alone() -> None:
    made = Interface("br0", LinkType.LINUX_BRIDGE, permanent_mac=None)
    veth = Interface("veth0", LinkType.VETH, permanent_mac="52:54:00:00:00:09")
    vf = Interface("eth0v0", LinkType.ETHERNET, permanent_mac="52:54:00:00:00:0a", vf_of="eth0")
    assert pins(NetworkState((made, veth, vf)), {}).write == {}


def test_a_nic_that_is_gone_keeps_its_file() -> None:
    present = dict(pins(nics(**MACS), {}).write)
    found = pins(nics(eth0=MACS["eth0"]), present)
    assert (found.write, found.remove) == ({}, ())


def test_a_nic_with_a_new_name_loses_the_old_file() -> None:
    present = dict(pins(nics(eth0=MACS["eth0"]), {}).write)
    found = pins(nics(uplink=MACS["eth0"]), present)
    assert list(found.write) == ["70-trivet-uplink.link"]
    assert found.remove == ("70-trivet-eth0.link",)
    assert found.descriptions[1] == "No longer pinned: eth0"


def test_a_new_card_takes_the_name_of_a_dead_one() -> None:
    present = dict(pins(nics(eth0=MACS["eth0"]), {}).write)
    found = pins(nics(eth0=MACS["eth1"]), present)
    assert found.write == {"70-trivet-eth0.link": link_file("eth0", MACS["eth1"])}
    assert found.remove == ()


def test_two_with_one_address_are_not_guessed() -> None:
    twins = nics(eth0=MACS["eth0"])
    twins = replace(twins, interfaces=(*twins.interfaces, replace(twins.interfaces[0], name="eth1")))
    with pytest.raises(SameMac, match="eth0 and eth1"):
        pins(twins, {})
