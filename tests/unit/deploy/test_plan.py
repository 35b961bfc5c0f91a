"""What the plan promises whatever is found: order, nothing for a whole site, an interrupted run is finished."""

from dataclasses import replace

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from gluster.parse import group as parse_group
from hosted_engine.deploy.answers import parse
from hosted_engine.deploy.desired_state import lease_wait_s, names, volume
from hosted_engine.deploy.plan import Kind, Observed, ObservedNode, expected, plan
from hosted_engine.deploy.rolling import REASON, SiteFiles
from node.api.messages.leases import LeaseTimersReport
from node.api.messages.vms import VmState
from tests.unit.deploy.test_answers import three
from tests.unit.gluster.captured import group_virt

ANSWERS = parse(three())
NAMES = ("node1", "node2", "node3")
EVERY_KEY = tuple(step.key for step in plan(ANSWERS, Observed()))
TIMERS = LeaseTimersReport(watchdog_fire_timeout_s=30, io_timeouts_s={"trivet": 4}, watchdog=False)
OTHER_TIMERS = LeaseTimersReport(watchdog_fire_timeout_s=10, io_timeouts_s={"trivet": 2}, watchdog=False)
WHOLE_NODE = ObservedNode(
    member=True,
    names=names(ANSWERS),
    network_ready=True,
    peers=frozenset(NAMES),
    volumes=frozenset({"engine", "data"}),
    mounted={"engine": "engine-id", "data": "data-id"},
    joined=True,
    timers=TIMERS,
    runs_ha=True,
    movable_to=frozenset(NAMES),
)
WHOLE = Observed(
    nodes={"node1": replace(WHOLE_NODE, vm=VmState.UP), "node2": WHOLE_NODE, "node3": WHOLE_NODE},
    own="node1",
    authority=True,
    images=frozenset({Kind.TINY, Kind.SYSTEM, Kind.SEED}),
    lease=True,
    site_files=SiteFiles(current=True),
    recovery=True,
    healthy=True,
    handed_over=True,
    formed=True,
)

observed_nodes = st.builds(
    ObservedNode,
    member=st.booleans(),
    names=st.sampled_from([{}, names(ANSWERS)]),
    network_ready=st.booleans(),
    peers=st.frozensets(st.sampled_from(NAMES)),
    volumes=st.frozensets(st.sampled_from(["engine", "data"])),
    mounted=st.dictionaries(st.sampled_from(["engine", "data"]), st.sampled_from(["engine", "data", "an-id"])),
    joined=st.booleans(),
    timers=st.sampled_from([None, TIMERS, OTHER_TIMERS]),
    maintenance=st.sampled_from(["", "a new disk", REASON]),
    runs_ha=st.booleans(),
    movable_to=st.sampled_from([frozenset[str](), frozenset(NAMES), frozenset({"node1"})]),
    vm=st.sampled_from([None, *VmState]),
)
anything = st.builds(
    Observed,
    nodes=st.dictionaries(st.sampled_from(NAMES), observed_nodes),
    own=st.sampled_from([None, *NAMES]),
    authority=st.booleans(),
    images=st.frozensets(st.sampled_from([Kind.TINY, Kind.SYSTEM, Kind.SEED])),
    lease=st.booleans(),
    site_files=st.builds(SiteFiles, current=st.booleans(), changing=st.booleans()),
    recovery=st.booleans(),
    healthy=st.booleans(),
    handed_over=st.booleans(),
    formed=st.booleans(),
)


def keys(observed: Observed, unfinished: frozenset[str] = frozenset()) -> list[str]:
    return [step.key for step in plan(ANSWERS, observed, unfinished)]


def test_a_whole_site_needs_nothing() -> None:
    assert keys(WHOLE) == []


@given(anything)
def test_steps_come_in_order_and_each_has_nodes_to_act_on(observed: Observed) -> None:
    steps = plan(ANSWERS, observed)
    kinds = [list(Kind).index(step.kind) for step in steps]
    assert kinds == sorted(kinds)
    assert len({step.key for step in steps}) == len(steps)
    assert all(step.nodes and set(step.nodes) <= set(expected(ANSWERS, observed)) for step in steps)


@given(anything, st.frozensets(st.sampled_from(EVERY_KEY)))
def test_what_an_interrupted_run_left_is_done_beside_what_is_missing(
    observed: Observed, unfinished: frozenset[str]
) -> None:
    observed = replace(observed, formed=False)
    done, before = set(keys(observed, unfinished)), set(keys(observed)) | unfinished
    assert before - {"timers"} <= done  # of nodes that are in the lockspace they are changed one by one
    assert done - before <= {"prepare", "finish"}  # where the site's files are written again while timers differ


@given(anything)
def test_the_node_that_the_deploy_runs_on_changes_its_network_last(observed: Observed) -> None:
    networks = [step.nodes[0] for step in plan(ANSWERS, observed) if step.kind is Kind.NETWORK]
    assert observed.own not in networks[:-1]


@given(anything)
def test_timers_are_changed_only_when_all_nodes_answer_and_hosts_wait_meanwhile(observed: Observed) -> None:
    whole = keys(observed)
    if set(observed.nodes) != set(NAMES):
        assert not any(key.startswith(("roll", "finish")) for key in whole)
    rolled = [name for name in NAMES if f"roll:{name}" in whole]
    if any(observed.nodes[name].timers == OTHER_TIMERS for name in rolled) and observed.lives:
        assert "timers" not in whole
        assert "finish" in whole
        assert "prepare" in whole or observed.site_files.changing
    if observed.running_on in rolled:
        assert rolled == [observed.running_on] or whole.index(f"roll:{observed.running_on}") == max(
            whole.index(f"roll:{name}") for name in rolled
        )


@given(anything)
def test_an_engine_that_may_be_running_is_never_started(observed: Observed) -> None:
    if observed.running_on is not None or observed.healthy:
        assert "start" not in keys(observed)


def test_a_dead_node_of_a_formed_site_is_left_out() -> None:
    observed = replace(WHOLE, nodes={"node2": WHOLE_NODE, "node3": WHOLE_NODE}, healthy=False, handed_over=False)
    assert keys(observed) == ["start", "health", "hand_over"]
    assert plan(ANSWERS, observed)[0].nodes == ("node2", "node3")


def test_nodes_that_take_vms_of_others_than_the_members_are_set_right() -> None:
    nodes = {**WHOLE.nodes, "node3": replace(WHOLE_NODE, movable_to=frozenset({"node1", "node3", "node4"}))}
    (step,) = plan(ANSWERS, replace(WHOLE, nodes=nodes))
    assert (step.kind, step.nodes) == (Kind.MIGRATION, ("node3",))


def test_writes_wait_for_a_dead_node_for_less_time_than_a_lease_lives() -> None:
    for io_timeout_s in range(2, 61):
        options = volume(parse(f"lease_io_timeout_s = {io_timeout_s}\n" + three()), "engine").options
        bricks_s, locks_s = (int(options[key]) for key in ("network.ping-timeout", "server.tcp-user-timeout"))
        assert bricks_s + locks_s + 2 * io_timeout_s < 8 * io_timeout_s
        assert int(options["server.keepalive-time"]) < locks_s


def test_volumes_are_as_gluster_advises_for_vm_images_but_for_what_outages_taught() -> None:
    """All of the group is named, or a deploy would not see that somebody has changed it."""
    own = volume(ANSWERS, "engine").options
    group = parse_group(group_virt())
    differ = {name: own.get(name) for name, value in group.items() if own.get(name) != value}
    assert differ.pop("cluster.server-quorum-type") == "none"
    assert own["cluster.quorum-type"] == "auto"
    assert set(differ) == {
        *("network.ping-timeout", "server.tcp-user-timeout", "server.keepalive-time", "server.keepalive-interval"),
    }


@given(
    st.sampled_from(["engine", "data"]), st.lists(st.sampled_from(sorted(volume(ANSWERS, "data").options)), min_size=1)
)
def test_options_that_drifted_are_set_and_named(name: str, drifted: list[str]) -> None:
    first = replace(WHOLE_NODE, volumes=WHOLE_NODE.volumes - {name}, drifted={name: tuple(drifted)})
    (step,) = plan(ANSWERS, replace(WHOLE, nodes={**WHOLE.nodes, "node1": replace(first, vm=VmState.UP)}))
    assert (step.key, step.volume) == (f"volume:{name}", name)
    assert step.description.startswith(f"Set {drifted[0]}")
    assert len(step.description) < 200


def test_a_dead_nodes_lease_is_waited_for_until_it_is_free() -> None:
    for io_timeout_s in range(2, 61):
        answers = msgspec.structs.replace(ANSWERS, lease_io_timeout_s=io_timeout_s)
        assert lease_wait_s(answers) > 8 * io_timeout_s + 60  # sanlock's host_dead_seconds with its usual watchdog


def test_a_volume_without_copies_is_asked_for_nothing_that_is_about_copies() -> None:
    alone = volume(msgspec.structs.replace(ANSWERS, nodes=ANSWERS.nodes[:1]), "engine")
    assert (alone.replica, alone.group) == (1, None)
    assert not [name for name in alone.options if name.startswith("cluster.")]
    assert volume(ANSWERS, "engine").group == "virt"
