"""A site is brought up from nothing, whatever fails or dies on the way; then there is nothing left to do."""

from pathlib import Path

import msgspec
import pytest

from gluster.diagnosis.problem import Health, Kind
from gluster.state import PoolState
from hosted_engine.deploy.decisions import AnswersChanged
from hosted_engine.deploy.run import NodesUnreachable, NotStable
from node.api.messages.vms import VmState
from node.api.problems import Failed, NodeNonResponsive, ProblemText, RemoteFailed
from node.steps import Mark, Progress, StepFailed
from tests.fakes.deploy import FakeEngine, PowerCut
from tests.fakes.pool import whole_pool, with_brick
from tests.sim.deploy.stage import Stage, assert_whole


async def test_from_nothing_to_a_running_engine(stage: Stage) -> None:
    done = await stage.run()
    assert done.unreachable == ()
    assert [todo.key for todo in done.steps] == [
        "authority",
        *("claim:node1", "claim:node2", "claim:node3"),
        "names",
        *("network:node2", "network:node3", "network:node1"),
        *("peer:node2", "peer:node3", "volume:engine", "volume:data", "mount:engine", "mount:data"),
        *("timers", "lockspace", "join", "migration", "lease", "tiny", "system", "seed", "site_files"),
        *("start", "health", "hand_over", "recovery", "keep"),
    ]
    await assert_whole(stage)


async def test_a_second_run_does_nothing(stage: Stage) -> None:
    await stage.run()
    stage.progress.clear()
    assert (await stage.run()).steps == ()
    assert stage.progress == []


@pytest.mark.parametrize("name", ["engine", "data"])
@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("cluster.server-quorum-type", "server"),  # as an earlier version made it
        ("cluster.quorum-type", "none"),
        ("features.shard", "disable"),
        ("network.ping-timeout", None),  # somebody has reset it
    ],
)
async def test_an_option_that_drifted_is_seen_and_mended(
    stage: Stage, name: str, option: str, value: str | None
) -> None:
    await stage.run()
    volumes = stage.world.site.volumes
    made = dict(volumes[name].options)
    drifted = {key: old for key, old in made.items() if key != option} | ({option: value} if value else {})
    volumes[name] = msgspec.structs.replace(volumes[name], options=drifted)
    assert await stage.left() == [f"volume:{name}"]
    (todo,) = (await stage.run()).steps
    assert todo.description == f"Set {option} on volume {name} as they should be"
    assert dict(volumes[name].options) == made
    assert await stage.left() == []


async def test_gluster_s_other_words_for_yes_are_no_drift(stage: Stage) -> None:
    await stage.run()
    volumes = stage.world.site.volumes
    for name, volume in volumes.items():
        words = {key: {"on": "enable", "enable": "on"}.get(value, value) for key, value in volume.options.items()}
        volumes[name] = msgspec.structs.replace(volume, options=words)
    assert await stage.left() == []


async def test_options_are_mended_while_a_node_is_dead(stage: Stage) -> None:
    await stage.run()
    site = stage.world.site
    stage.world.nodes["node3"].stop_answering()
    site.away.add("node3")
    site.volumes["data"] = msgspec.structs.replace(site.volumes["data"], options={})
    done = await stage.run()
    assert [todo.key for todo in done.steps] == ["volume:data"]
    assert len(done.unreachable) == 1


async def test_one_node_makes_a_site_too(tmp_path: Path) -> None:
    stage = Stage(tmp_path, ("node1",))
    await stage.run()
    await assert_whole(stage)
    assert stage.world.site.volumes["engine"].replica == 1


async def test_the_engine_is_told_what_was_made(stage: Stage) -> None:
    await stage.run()
    decided = stage.folder.decisions(stage.answers)
    site = FakeEngine(stage.world, decided).site()
    assert [(node.name, node.host_id) for node in site.nodes] == [("node1", 1), ("node2", 2), ("node3", 3)]
    assert {node.id for node in site.nodes} == {node.node_id for node in stage.world.nodes.values()}
    assert site.templates[0].image in stage.world.site.images
    assert site.names["engine.lab.test"] == "192.0.2.10"
    assert decided.password not in msgspec.json.encode(site).decode()


async def test_a_failure_at_any_step_stops_and_a_further_run_goes_on(tmp_path: Path) -> None:
    operations = (
        *("claim", "set_names", "change_network", "confirm_network", "add_peer", "make_volume", "mount"),
        *("join_lockspace", "make_lease", "make_image", "make_seed"),
    )
    for operation in operations:
        stage = Stage(tmp_path / operation)
        text = ProblemText(code="Broken", what="It did not work", why="it broke", mend="Mend it")
        stage.world.nodes["node1"].fail(operation, RemoteFailed(text, "node1"))
        with pytest.raises(StepFailed, match="It did not work: it broke"):
            await stage.run()
        assert await stage.run_until_done() == 1, operation
        await assert_whole(stage)


async def test_a_lost_answer_at_any_operation_is_got_over(tmp_path: Path) -> None:
    operations = (
        *("claim", "set_names", "change_network", "confirm_network", "add_peer", "make_volume", "mount"),
        *("join_lockspace", "make_lease", "make_image", "make_seed", "start_vm"),
    )
    for operation in operations:
        stage = Stage(tmp_path / operation)
        stage.world.nodes["node1"].lose_answer(operation)
        assert await stage.run_until_done() <= 2, operation
        await assert_whole(stage)


@pytest.mark.parametrize("connections", range(1, 9))
async def test_a_claim_that_a_killed_run_has_left_under_way_is_waited_for(stage: Stage, connections: int) -> None:
    stage.world.nodes["node2"].claim_takes = connections
    with pytest.raises(PowerCut):
        await stage.run()
    await stage.run()
    await assert_whole(stage)


@pytest.mark.parametrize("marked", [1, 2])
async def test_a_volume_creation_that_was_cut_short_is_got_over(stage: Stage, marked: int) -> None:
    stage.world.site.cut_short_after = marked
    with pytest.raises(StepFailed, match="died in the middle"):
        await stage.run()
    assert await stage.run_until_done() == 1
    await assert_whole(stage)


async def test_a_brick_with_files_is_never_cleared(stage: Stage) -> None:
    brick = "node2:/bricks/engine/brick"
    stage.world.site.marked[brick] = "another"
    stage.world.site.filled.add(brick)
    with pytest.raises(StepFailed, match="it holds files"):
        await stage.run()
    assert brick in stage.world.site.marked
    assert stage.world.site.volumes == {}


async def test_a_power_cut_after_any_entry_of_the_journal_is_resumed(tmp_path: Path) -> None:
    entries = 2 * 28 + 2
    for cut_after in range(1, entries + 1):
        stage = Stage(tmp_path / str(cut_after))
        stage.journals.cut_after = cut_after
        with pytest.raises(PowerCut):
            await stage.run()
        assert await stage.run_until_done() == 1, cut_after
        await assert_whole(stage)


async def test_a_power_cut_at_any_call_of_a_node_is_resumed(tmp_path: Path) -> None:
    probe = Stage(tmp_path / "probe")
    await probe.run()
    for cut_at in range(1, probe.world.calls, 7):
        stage = Stage(tmp_path / str(cut_at))
        stage.world.cut_at = cut_at
        with pytest.raises(PowerCut):
            await stage.run()
        assert await stage.run_until_done() == 1, cut_at
        await assert_whole(stage)


async def test_power_cut_after_power_cut_ends_in_a_whole_site(stage: Stage) -> None:
    for _ in range(40):
        stage.journals.cut_after = 3
        try:
            await stage.run()
        except PowerCut:
            continue
        break
    await assert_whole(stage)


async def test_an_engine_that_is_down_is_started_again(stage: Stage) -> None:
    await stage.run()
    for node in stage.world.nodes.values():
        node.lose_power()
        node.start()
    assert [todo.key for todo in (await stage.run()).steps] == ["start", "health", "hand_over"]
    await assert_whole(stage)


async def test_an_engine_whose_node_is_dead_is_started_on_another(stage: Stage) -> None:
    await stage.run()
    stage.world.nodes["node1"].lose_power()
    done = await stage.run()
    assert [todo.key for todo in done.steps] == ["start", "health", "hand_over"]
    assert [text.partition(":")[0] for text in done.unreachable] == ["node1"]
    vm_id = stage.folder.decisions(stage.answers).engine_vm_id
    found = stage.world.nodes["node2"].machines.vm(vm_id)
    assert found is not None
    assert found.state is VmState.UP


async def test_an_engine_that_a_silent_node_may_run_is_not_started_twice(stage: Stage) -> None:
    await stage.run()
    stage.world.nodes["node1"].stop_answering()
    done = await stage.run()
    assert done.steps == ()
    assert stage.engine_states() == [VmState.UP]


async def test_nothing_is_begun_while_a_bare_node_is_silent(stage: Stage) -> None:
    stage.world.nodes["node3"].stop_answering()
    with pytest.raises(NodesUnreachable, match="node3"):
        await stage.run()
    assert not any(node.host.claimed for node in stage.world.nodes.values())


async def test_other_answers_than_the_site_was_begun_with_are_refused(stage: Stage) -> None:
    await stage.run()
    other = msgspec.structs.replace(stage.answers, site="other")
    with pytest.raises(AnswersChanged, match="site was lab and is other"):
        await stage.run(other)


async def test_an_engine_vm_that_dies_while_it_boots_is_told_with_its_console(stage: Stage) -> None:
    node = stage.world.nodes["node1"]

    def die(progress: Progress) -> None:
        if progress.step.key == "health" and progress.mark is Mark.STARTED:
            vm_id = stage.folder.decisions(stage.answers).engine_vm_id
            node.machines.write(vm_id, "Kernel panic\n")
            node.machines.crash(vm_id)

    stage.progress = Watcher(die)
    with pytest.raises(StepFailed, match="Kernel panic"):
        await stage.run()
    stage.progress = []
    assert await stage.run_until_done() == 1
    await assert_whole(stage)


async def test_an_engine_vm_that_trivet_ha_is_about_to_start_is_waited_for(stage: Stage) -> None:
    """On a site that is made the deploy is not the only one that starts the engine."""
    await stage.run()
    node = stage.world.nodes["node1"]
    node.lose_power()
    node.start()
    vm_id = stage.folder.decisions(stage.answers).engine_vm_id
    looks = 0

    def die(progress: Progress) -> None:
        if progress.step.key == "health" and progress.mark is Mark.STARTED:
            node.machines.crash(vm_id)
            stage.world.on_observe = come_back

    def come_back() -> None:
        nonlocal looks
        looks += 1
        if looks == 30:
            node.machines.start_vm(node.machines.spec(vm_id))

    stage.progress = Watcher(die)
    assert [todo.key for todo in (await stage.run()).steps] == ["start", "health", "hand_over"]
    await assert_whole(stage)


@pytest.mark.parametrize(("misses", "answers"), [(3, True), (10_000, False)])
async def test_an_engine_that_misses_the_last_question_is_asked_again(stage: Stage, misses: int, answers: bool) -> None:
    def busy(progress: Progress) -> None:
        if progress.step.key == "hand_over" and progress.mark is Mark.DONE:
            stage.world.boots_in = misses

    stage.progress = Watcher(busy)
    if answers:
        await stage.run()
        await assert_whole(stage)
    else:
        with pytest.raises(NotStable, match="health"):
            await stage.run()


@pytest.mark.parametrize(("changed", "asked"), [("node2", "node2"), ("node1", "node2")])
async def test_a_network_that_carries_no_large_answer_is_not_kept(stage: Stage, changed: str, asked: str) -> None:
    """The deploy runs on node1 and would reach that over its loopback, whatever becomes of its network."""
    lost = NodeNonResponsive(node=asked, request="GET /v1/network", reason="the large answer never came")

    def spoil(progress: Progress) -> None:
        if progress.step.key == f"network:{changed}" and progress.mark is Mark.STARTED:
            stage.world.nodes[asked].fail("network", lost, times=10_000)

    stage.progress = Watcher(spoil)
    with pytest.raises(StepFailed, match="the large answer never came"):
        await stage.run()
    assert stage.world.nodes[changed].net.confirmed == set()
    stage.world.nodes[asked].mend("network")
    stage.progress = []
    assert await stage.run_until_done() == 1
    await assert_whole(stage)


class Watcher(list[Progress]):
    def __init__(self, on_progress: object) -> None:
        super().__init__()
        assert callable(on_progress)
        self._on_progress = on_progress

    def append(self, progress: Progress) -> None:
        self._on_progress(progress)


async def test_at_the_end_the_storage_is_looked_at(stage: Stage) -> None:
    done = await stage.run()
    assert done.storage is not None
    assert done.storage.health is Health.WHOLE
    again = await stage.run()
    assert (again.steps, again.storage is not None and again.storage.health) == ((), Health.WHOLE)


@pytest.mark.parametrize("made", [True, False])
async def test_a_lost_brick_is_told_though_nothing_is_left_to_do(stage: Stage, made: bool) -> None:
    if not made:
        await stage.run()
    stage.world.site.storage = with_brick(whole_pool(), 1, online=False)
    done = await stage.run()
    assert bool(done.steps) is made
    assert done.storage is not None
    assert [problem.kind for problem in done.storage.problems] == [Kind.BRICK_OFFLINE]
    assert stage.world.clock.monotonic() >= 9


async def test_a_brick_that_comes_up_in_the_last_moment_is_waited_for(stage: Stage) -> None:
    await stage.run()
    site = stage.world.site
    site.storage = with_brick(whole_pool(), 1, online=False)
    calls = 0

    def pool_state(node: str) -> PoolState:
        nonlocal calls
        calls += 1
        return whole_pool() if calls > 3 else with_brick(whole_pool(), 1, online=False)

    site.pool_state = pool_state  # type: ignore[method-assign]
    done = await stage.run()
    assert done.storage is not None
    assert done.storage.health is Health.WHOLE


async def test_where_no_node_can_say_how_the_storage_is_that_is_not_taken_for_good(stage: Stage) -> None:
    await stage.run()
    for node in stage.world.nodes.values():
        node.fail("gluster_state", Failed(), times=100)
    assert (await stage.run()).storage is None


async def test_the_next_node_is_asked_where_ones_own_gluster_says_nothing(stage: Stage) -> None:
    await stage.run()
    stage.world.nodes["node1"].pool.own_state = PoolState(server="node1", answered=False, reason="it is dead")
    done = await stage.run()
    assert done.storage is not None
    assert done.storage.state.answered
