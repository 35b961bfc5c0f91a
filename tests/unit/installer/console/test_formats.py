"""What the status says of each part, from what was observed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gluster.report import make_report
from hosted_engine.ha.site_files import HaEngine, HaNode, HaSite
from hosted_engine.ha.site_reader import ObservedSite
from hosted_engine.ha.states import Health, State, VmState
from hosted_engine.ha.whiteboard import BadBlock, ClusterBlock, HostBlock
from installer.console import formats
from installer.console.model import Own
from tests.fakes.pool import whole_pool, with_brick
from tests.unit.netconf.states import AFTER, BEFORE

FINGERPRINT = "7f0000013f54dcc1".ljust(64, "0")
NOW = datetime(2026, 11, 30, tzinfo=UTC)
SITE = HaSite(
    name="branch-7",
    nodes=tuple(HaNode(name=f"node{n}", address=f"192.0.2.{10 + n}", host_id=n) for n in (1, 2, 3)),
    engine=HaEngine(name="engine.test", address="192.0.2.10"),
    authority="",
    lockspace="site",
    lease="engine",
    io_timeout_s=10,
)
DAEMON = {
    "decision": {"state": "engine_up", "score": 3000, "reason": "the engine is healthy"},
    "penalties": [{"points": 400, "reason": "memory", "why": "700 MiB are free"}],
    "monitors": {"gateway": {"error": "no answer"}, "storage": {"error": ""}},
}


def block(number: int, vm: VmState) -> HostBlock:
    return HostBlock(host_id=number, sequence=1, state=State.ENGINE_UP, score=3000, vm=vm, health=Health.GOOD)


def test_a_node_of_no_site_shows_its_words_and_its_claim_code() -> None:
    own = Own("node1", FINGERPRINT, "ABCD-EFGH-JKLM-NPQR")
    assert formats.format_own(own, "0.1.0") == (
        "node1, Trivet 0.1.0, in no site yet",
        "fingerprint  lusab-babad-gutih-tugad",
        "claim code   ABCD-EFGH-JKLM-NPQR",
    )


def test_a_member_has_no_claim_code_to_show() -> None:
    lines = formats.format_own(Own("node1", FINGERPRINT, "", "branch-7"), "0.1.0")
    assert lines[0] == "node1, Trivet 0.1.0, member of site branch-7"
    assert not any("claim" in line for line in lines)


def test_a_node_whose_agent_never_ran_says_so() -> None:
    assert "never run" in formats.format_own(Own("node1"), "0.1.0")[1]


def test_the_network_is_a_line_an_interface_and_the_way_out() -> None:
    assert formats.format_network(BEFORE) == (
        "host0 up: 192.0.2.11/24 static",
        "gateway 192.0.2.1, name servers 192.0.2.1",
    )
    assert formats.format_network(AFTER)[0] == "ovirtmgmt up: 192.0.2.11/24 static"
    assert formats.format_network(replace(BEFORE, routes=None, dns=None))[-1] == "gateway none, name servers none"


def test_the_storage_says_its_volumes_and_what_is_wrong() -> None:
    assert formats.format_storage(make_report(whole_pool()))[0] == "storage is whole"
    lines = formats.format_storage(make_report(with_brick(whole_pool(), 1, online=False)))
    assert lines[0] == "! storage is degraded"
    assert "bricks 2 of 3 online" in lines[1]
    assert lines[2].startswith("! ")
    unknown = formats.format_storage(make_report(with_brick(whole_pool(), 1, online=None)))
    assert "bricks 2 of 3 online, 1 unknown" in unknown[1]


def test_the_engine_says_where_it_runs_its_score_and_why() -> None:
    blocks: dict[int, HostBlock | BadBlock] = {
        1: block(1, VmState.ABSENT),
        2: block(2, VmState.RUNNING),
        3: BadBlock.ZEROED,
    }
    lines = formats.format_engine(ObservedSite(SITE, ClusterBlock(sequence=1), blocks), DAEMON)
    assert lines == (
        "engine.test at 192.0.2.10: running on node2, health good",
        "this host: engine_up, score 3000: the engine is healthy",
        "-400 memory: 700 MiB are free",
        "! gateway: no answer",
    )


def test_an_engine_that_nobody_has_is_not_said_to_be_down() -> None:
    look = ObservedSite(SITE, ClusterBlock(sequence=1, global_maintenance=True, set_by="node3"), {1: BadBlock.TORN})
    lines = formats.format_engine(look, None)
    assert lines[0].endswith("on no host that says so; nothing is known of node1, node2, node3")
    assert lines[1].startswith("! global maintenance, set on node3")
    assert lines[2].startswith("! trivet-ha has decided nothing")


def test_certificates_that_end_soon_are_marked() -> None:
    ends = [("this node", NOW + timedelta(days=400)), ("the site", NOW + timedelta(days=3)), ("old", NOW)]
    assert formats.format_certificates(ends, NOW) == (
        "this node: until 2028-01-04, 400 days",
        "! the site: until 2026-12-03, 3 days",
        "! old: expired on 2026-11-30",
    )


def test_parts_stand_below_each_other_within_the_width() -> None:
    text = formats.format_status([("Node", ("node1", "x " * 60)), ("Agent", ("! no",))], 77)
    assert text.splitlines()[0] == "Node          node1"
    assert max(map(len, text.splitlines())) <= 77
    assert list(formats.troubles([("Node", ("good",)), ("Agent", ("! no",))])) == ["Agent"]
