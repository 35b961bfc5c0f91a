"""Who is at the other end of a cable, from NetworkManager's words to a document."""

from typing import Any

from dbus_fast import Variant

from netconf.document import parse, render
from netconf.model import Interface, LinkState, NetworkState
from netconf.networkmanager.known import known, with_known
from netconf.planning.plan import plan

_NEIGHBOR = {
    "system-name": Variant("s", "switch-3"),
    "chassis-id": Variant("s", "00:01:30:F9:AD:A0"),
    "port-id": Variant("s", "1/17"),
    "ieee-802-1-pvid": Variant("u", 12),
}
_LISTENS = {"connection": {"lldp": Variant("i", 1)}}


def test_neighbours_are_shown_as_nmstate_shows_them_and_wished_for_by_nobody() -> None:
    observed = with_known(Interface("eth1"), known(_LISTENS, [_NEIGHBOR]))
    shown = render(NetworkState((observed,)))
    assert _lldp(shown) == {
        "enabled": True,
        "neighbors": [
            [
                {"type": 5, "system-name": "switch-3"},
                {"type": 1, "chassis-id": "00:01:30:F9:AD:A0"},
                {"type": 2, "port-id": "1/17"},
                {"type": 127, "oui": "00:80:c2", "pvid": 12},
            ]
        ],
    }
    (desired,) = parse(shown).interfaces
    assert (desired.lldp, desired.neighbours) == (True, ())


def test_a_nic_that_is_not_wished_for_listens_no_more() -> None:
    listens = NetworkState((Interface("eth1", lldp=True),))
    gone = NetworkState((Interface("eth1", state=LinkState.ABSENT),))
    assert [step.description for step in plan(gone, listens)] == ["Take the configuration of eth1 away"]
    assert plan(gone, NetworkState((Interface("eth1", lldp=False),))) == ()


def test_nobody_there() -> None:
    assert with_known(Interface("eth1"), known(_LISTENS)).neighbours == ()


def _lldp(shown: dict[str, Any]) -> object:
    return shown["interfaces"][0]["lldp"]
