"""What cannot change while it is there."""

from dataclasses import replace

import pytest

from netconf.kinds import Vlan, VlanProtocol, Vrf, Vxlan
from netconf.model import Interface, LinkType, NetworkState
from netconf.planning.plan import plan
from netconf.planning.recreate import recreated, with_those_above
from tests.unit.netconf.test_plan import STACK, VLAN

_WAS = "VLAN 7 (802.1q) over bond0"


@pytest.mark.parametrize(
    ("vlan", "becomes"),
    [
        (Vlan("bond0", 8), "VLAN 8 (802.1q) over bond0"),
        (Vlan("eth3", 7), "VLAN 7 (802.1q) over eth3"),
        (Vlan("bond0", 7, VlanProtocol.IEEE_802_1AD), "VLAN 7 (802.1ad) over bond0"),
    ],
)
def test_a_vlan_is_made_anew(vlan: Vlan, becomes: str) -> None:
    desired = NetworkState((replace(VLAN, vlan=vlan),))
    assert [step.description for step in plan(desired, STACK)] == [f"Make bond0.7 anew: {becomes} (it is {_WAS})"]


def test_vxlans_and_vrfs_too_but_not_for_their_ports() -> None:
    vxlan = Interface("vx7", LinkType.VXLAN, vxlan=Vxlan(7, "eth0", "239.1.1.1"))
    vrf = Interface("vrf9", LinkType.VRF, vrf=Vrf(9, ("eth3",)))
    observed = NetworkState((*STACK.interfaces, vxlan, vrf))
    assert recreated(NetworkState((vxlan, replace(vrf, vrf=Vrf(9, ())))), observed) == ()
    other = replace(vxlan, vxlan=Vxlan(8, "eth0", "239.1.1.1"))
    assert recreated(NetworkState((other, replace(vrf, vrf=Vrf(10)))), observed) == ("vx7", "vrf9")


def test_it_takes_away_what_stands_on_it() -> None:
    upper = Interface("bond0.7.9", LinkType.VLAN, vlan=Vlan("bond0.7", 9))
    observed = replace(STACK, interfaces=(*STACK.interfaces, upper))
    desired = NetworkState((replace(VLAN, vlan=Vlan("bond0", 8)),))
    assert with_those_above(recreated(desired, observed), observed) == ("bond0.7.9", "bond0.7")
    assert recreated(NetworkState((VLAN,)), observed) == ()
