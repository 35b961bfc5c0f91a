"""How NetworkManager is told of pairs of veth, and when it could not bring one back."""

from collections.abc import Mapping

import pytest

from netconf.document import parse
from netconf.errors import NoProfile
from netconf.kinds import Bridge
from netconf.model import Interface, LinkType, NetworkState
from netconf.networkmanager.ends import check, ends
from netconf.networkmanager.known import Known
from tests.unit.netconf.states import nic
from tests.unit.netconf.test_pairs import BARE, PAIR, THERE, V1, V1P
from tests.unit.netconf.test_profiles import made, plain

_MADE, _OTHER = Known(makes_pair=True), Known()
_PORT = Interface("v1p", LinkType.VETH, controller="br0", peer="v1")


def test_both_ends_have_a_profile_that_makes_the_pair() -> None:
    todo = made(parse({"interfaces": [PAIR]}), BARE)
    v1, v1p = todo.profiles
    assert (v1.interface, v1.peer, v1p.interface, v1p.peer) == ("v1", "v1p", "v1p", "v1")
    assert plain(v1)["veth"] == {"peer": "v1p"}
    assert (plain(v1p)["connection"]["type"], plain(v1p)["veth"]) == ("veth", {"peer": "v1"})
    assert plain(v1p)["ipv4"] == {"method": "disabled"}


def test_what_stands_on_an_end_comes_after_both() -> None:
    vlan = {"name": "v1.7", "type": "vlan", "vlan": {"base-iface": "v1", "id": 7}}
    bridge = {"name": "br0", "type": "linux-bridge", "bridge": {"port": [{"name": "v1p"}]}}
    todo = made(parse({"interfaces": [vlan, bridge, PAIR]}), BARE)
    assert [profile.interface for profile in todo.profiles] == ["v1", "br0", "v1p", "v1.7"]
    assert todo.profiles[-1].above == ("v1", "v1p")


def test_one_end_comes_back_after_the_other() -> None:
    todo = made(parse({"interfaces": [{"name": "v1p", "state": "absent"}]}), THERE)
    assert (set(todo.remove), todo.profiles, todo.late) == ({"v1", "v1p"}, (), ("v1p",))
    assert set(todo.touched) == {"v1", "v1p"}


def test_a_veth_to_elsewhere_has_the_profile_of_a_nic() -> None:
    (profile,) = made(parse({"interfaces": [{"name": "c7", "mtu": 1400}]}), THERE).profiles
    assert (plain(profile)["connection"]["type"], profile.peer) == ("802-3-ethernet", None)


@pytest.mark.parametrize(
    "known",
    [{"v1": _MADE, "v1p": _MADE}, {"v1": _MADE, "v1p": _OTHER}, {"v1": _MADE}],
    ids=["both", "one", "one-alone"],
)
def test_profiles_that_bring_a_pair_back(known: Mapping[str, Known]) -> None:
    check((V1, V1P), known)


@pytest.mark.parametrize(
    ("removed", "known", "name"),
    [
        ((V1, V1P), {}, "v1"),
        ((V1, V1P), {"v1": _OTHER, "v1p": _OTHER}, "v1"),
        ((V1, V1P), {"v1p": _MADE}, "v1"),
        ((V1, _PORT), {"v1": _MADE}, "v1p"),
    ],
    ids=["none", "of-nics", "none-with-its-address", "none-with-its-bridge"],
)
def test_a_pair_that_would_not_come_back(removed: tuple[Interface, ...], known: Mapping[str, Known], name: str) -> None:
    with pytest.raises(NoProfile, match=f"no profile for {name}"):
        check(removed, known)


def test_only_pairs_are_asked_about() -> None:
    bridge = Interface("br0", LinkType.LINUX_BRIDGE, bridge=Bridge(()))
    assert ends(("br0", "host0"), NetworkState((bridge, nic()))) == ()
