"""Which profiles NetworkManager has lost sight of, after it died in the middle of a change."""

from dataclasses import replace

from netconf.model import NetworkState
from netconf.networkmanager.bus import Saved
from netconf.networkmanager.recovery import earlier_profiles, lost_profiles, mistaken_profiles
from tests.unit.netconf.states import AFTER, OFF, bridge, nic

BRIDGE = Saved("/1", "u1", "ovirtmgmt", "a", False)
PORT = Saved("/2", "u2", "host0", "a", False, controller="ovirtmgmt")
BOTH = {"ovirtmgmt": "u1", "host0": "u2"}


def lost(active: dict[str, str], observed: NetworkState, *profiles: Saved) -> list[str]:
    return [profile.path for profile in lost_profiles(profiles or (PORT, BRIDGE), active, observed)]


def test_nothing_when_all_is_in_force() -> None:
    assert lost(BOTH, AFTER) == []


def test_a_port_that_is_believed_to_be_plugged_in() -> None:
    observed = replace(AFTER, interfaces=(nic(ipv4=OFF), bridge()))
    assert lost(BOTH, observed) == ["/2"]


def test_a_bridge_that_is_gone_is_started_before_its_ports() -> None:
    assert lost({"host0": "u2"}, NetworkState((nic(ipv4=OFF),))) == ["/1", "/2"]


def test_a_port_whose_profile_names_the_bridge_by_its_uuid() -> None:
    assert lost(BOTH, AFTER, replace(PORT, controller="u1"), BRIDGE) == []


def test_what_it_takes_for_somebody_elses() -> None:
    made_up = Saved("/x", "ux", "ovirtmgmt", "", True, made_up=True)
    assert lost(BOTH | {"ovirtmgmt": "ux"}, AFTER, PORT, BRIDGE, made_up) == ["/1", "/2"]
    assert lost({"docker0": "uy"}, AFTER, replace(made_up, interface="docker0", uuid="uy")) == []


def test_of_two_profiles_the_one_that_comes_first_at_boot() -> None:
    low, high = replace(BRIDGE, path="/low", uuid="low"), replace(BRIDGE, path="/high", uuid="high", priority=9)
    assert lost({}, NetworkState(), low, high) == ["/high"]


def test_what_does_not_start_by_itself_is_left_alone() -> None:
    assert lost({}, NetworkState(), replace(BRIDGE, autoconnect=False)) == []


def test_a_pair_that_is_taken_for_somebody_elses() -> None:
    mine = Saved("/v1", "u7", "v1", "a", False, makes_pair=True)
    made_up = Saved("/x", "ux", "v1", "", True, made_up=True)
    better = replace(mine, path="/v1-better", priority=9)
    assert mistaken_profiles((better, mine, made_up), {"v1": "ux"}) == (mine, better)
    assert mistaken_profiles((mine, made_up), {"v1": "u7"}) == ()
    assert mistaken_profiles((replace(BRIDGE, interface="v1"), made_up), {"v1": "ux"}) == ()


BEFORE = (replace(PORT, kind="802-3-ethernet"), replace(BRIDGE, kind="bridge"))
DURING = (replace(BEFORE[1], path="/3", uuid="u3"), replace(BEFORE[0], path="/4", uuid="u4", controller="u3"))


def earlier(*profiles: Saved, active: dict[str, str]) -> list[str]:
    return [profile.path for profile in earlier_profiles(profiles, active, {"u3", "u4"})]


def test_a_bridge_goes_back_to_its_earlier_profile_before_the_one_in_force_goes() -> None:
    assert earlier(*BEFORE, *DURING, active={"ovirtmgmt": "u3", "host0": "u4"}) == ["/1", "/2"]
    assert earlier(*BEFORE, *DURING, active=BOTH) == []


def test_what_may_need_to_be_made_anew_is_left_to_go() -> None:
    was_bond = replace(BEFORE[1], kind="bond")
    assert earlier(BEFORE[0], was_bond, *DURING, active={"ovirtmgmt": "u3", "host0": "u4"}) == []
    assert earlier(*BEFORE, *DURING, active={"host0": "u4"}) == []


def test_of_two_earlier_profiles_of_a_bridge_the_one_that_comes_first_at_boot() -> None:
    better, never = (replace(BEFORE[1], path=path, uuid=path, priority=9) for path in ("/better", "/never"))
    both = (*BEFORE, better, replace(never, autoconnect=False), *DURING)
    assert earlier(*both, active={"ovirtmgmt": "u3"}) == ["/better"]
