"""A site is taken back whatever dies on the way, nothing of it stays, and it can be deployed again."""

from pathlib import Path

import msgspec
import pytest

from hosted_engine.deploy.run import TeardownBegun
from hosted_engine.deploy.teardown import CodesMissing, Forgotten, InUse, NodesAway
from node.api.messages.images import ImageFormat, ImageRef, ImageRequest
from node.api.messages.leases import LockspaceRequest
from node.api.messages.vms import VmSpec
from node.api.problems import ProblemText, RemoteFailed
from node.steps import StepFailed
from tests.fakes.deploy import PowerCut
from tests.sim.deploy.stage import Stage, assert_bare, assert_whole

STEPS_BACK = 21
OPERATIONS = (
    *("destroy_vm", "remove_image", "leave_lockspace", "unmount", "remove_volume", "remove_brick"),
    *("remove_peer", "change_network", "confirm_network", "set_names", "leave"),
)


async def deployed(path: Path) -> Stage:
    stage = Stage(path)
    await stage.run()
    return stage


async def assert_can_be_deployed_again(stage: Stage) -> None:
    stage.world.boots_in = 3
    assert await stage.run_until_done() == 1
    await assert_whole(stage)


async def test_from_a_running_engine_to_bare_nodes_and_up_again(stage: Stage) -> None:
    await stage.run()
    done = await stage.tear_down()
    assert [todo.key for todo in done] == [
        *("keep", "start", "seed", "system", "tiny", "join", "lockspace", "mount:data", "mount:engine"),
        *("volume:data", "volume:engine", "peer:node3", "peer:node2"),
        *("network:node1", "network:node3", "network:node2", "names"),
        *("claim:node3", "claim:node2", "claim:node1", "authority"),
    ]
    assert len(done) == STEPS_BACK
    assert_bare(stage)
    assert await stage.remaining_teardown() == []
    await assert_can_be_deployed_again(stage)
    await stage.tear_down()
    assert_bare(stage)


async def test_where_nothing_was_deployed_nothing_is_taken_back(stage: Stage) -> None:
    assert await stage.tear_down() == ()
    stage.world.nodes["node3"].stop_answering()
    assert await stage.tear_down() == ()
    assert_bare(stage)


async def test_a_site_of_one_node(tmp_path: Path) -> None:
    stage = Stage(tmp_path, ("node1",))
    await stage.run()
    await stage.tear_down()
    assert_bare(stage)


async def test_a_deploy_that_stopped_after_any_step_can_be_taken_back(tmp_path: Path) -> None:
    for cut_after in range(1, 2 * 27 + 3):
        stage = Stage(tmp_path / str(cut_after))
        stage.journals.cut_after = cut_after
        with pytest.raises(PowerCut):
            await stage.run()
        await stage.tear_down()
        assert_bare(stage)
    await assert_can_be_deployed_again(stage)


async def test_a_power_cut_after_any_entry_of_the_journal_is_resumed(tmp_path: Path) -> None:
    for cut_after in range(1, 2 * STEPS_BACK + 3):
        stage = await deployed(tmp_path / str(cut_after))
        stage.journals.cut_after = cut_after
        with pytest.raises(PowerCut):
            await stage.tear_down()
        assert await stage.tear_down_until_done() == 1, cut_after
        assert_bare(stage)
    await assert_can_be_deployed_again(stage)


async def test_a_power_cut_at_any_call_of_a_node_is_resumed(tmp_path: Path) -> None:
    probe = await deployed(tmp_path / "probe")
    before = probe.world.calls
    await probe.tear_down()
    for cut_at in range(1, probe.world.calls - before, 7):
        stage = await deployed(tmp_path / str(cut_at))
        stage.world.cut_at = before + cut_at
        with pytest.raises(PowerCut):
            await stage.tear_down()
        assert await stage.tear_down_until_done() == 1, cut_at
        assert_bare(stage)
    await assert_can_be_deployed_again(stage)


async def test_power_cut_after_power_cut_ends_with_bare_nodes(stage: Stage) -> None:
    await stage.run()
    for cut_after in range(3, 60, 2):
        stage.journals.cut_after = cut_after
        try:
            await stage.tear_down()
        except PowerCut:
            continue
        break
    assert_bare(stage)


async def test_a_failure_at_any_operation_stops_and_a_further_run_goes_on(tmp_path: Path) -> None:
    text = ProblemText(code="Broken", what="It did not work", why="it broke", mend="Mend it")
    for operation in OPERATIONS:
        stage = await deployed(tmp_path / operation)
        stage.world.nodes["node1"].fail(operation, RemoteFailed(text, "node1"))
        with pytest.raises(StepFailed, match="It did not work: it broke"):
            await stage.tear_down()
        assert await stage.tear_down_until_done() == 1, operation
        assert_bare(stage)


async def test_a_lost_answer_at_any_operation_is_got_over(tmp_path: Path) -> None:
    for operation in OPERATIONS:
        stage = await deployed(tmp_path / operation)
        stage.world.nodes["node1"].lose_answer(operation)
        assert await stage.tear_down_until_done() <= 2, operation
        assert_bare(stage)


async def test_a_network_that_went_back_by_itself_is_taken_back_again(stage: Stage) -> None:
    """Right after the cut the bridge seems to be gone; nobody has confirmed that."""
    await stage.run()
    for calls in range(60, 200):
        stage.world.cut_at = stage.world.calls + calls
        with pytest.raises(PowerCut):
            await stage.tear_down()
        if stage.world.nodes["node1"].net.checkpoints:
            break
    await stage.tear_down()
    assert_bare(stage)


async def test_the_deploy_is_refused_until_the_taking_back_has_ended(stage: Stage) -> None:
    await stage.run()
    stage.journals.cut_after = 4
    with pytest.raises(PowerCut):
        await stage.tear_down()
    for attempt in (stage.run, stage.left):
        with pytest.raises(TeardownBegun, match="--take-back"):
            await attempt()
    await stage.tear_down()
    await assert_can_be_deployed_again(stage)


async def test_a_vm_that_is_not_the_engine_is_a_refusal(stage: Stage) -> None:
    await stage.run()
    vm = VmSpec(id="11111111-1111-4111-8111-111111111111", name="web1", memory_bytes=1 << 26)
    await stage.world.nodes["node2"].start_vm(vm)
    with pytest.raises(InUse, match="VM web1 on node2"):
        await stage.tear_down()
    await assert_whole(stage)
    await stage.world.nodes["node2"].destroy_vm(vm.id)
    await stage.tear_down()
    assert_bare(stage)


async def test_an_image_that_no_deploy_made_is_a_refusal(stage: Stage) -> None:
    await stage.run()
    image = ImageRef(storage_domain=stage.domain("data"), disk_id="mine", image_id="one")
    await stage.world.nodes["node2"].make_image(image, ImageRequest(format=ImageFormat.RAW, size_bytes=1 << 20))
    with pytest.raises(InUse, match="volume data holds images/mine/one"):
        await stage.tear_down()
    await assert_whole(stage)


async def test_what_an_engine_has_noted_of_its_disks_is_none(stage: Stage) -> None:
    await stage.run()
    stage.world.site.strangers["data"] = ["storage-domain.json", "ovf/tiny.ovf"]
    await stage.tear_down()
    assert_bare(stage)


@pytest.mark.parametrize(("volume", "file"), [("data", "notes.txt"), ("engine", "leases/trivet/web1.lease")])
async def test_a_file_that_no_deploy_made_is_a_refusal(stage: Stage, volume: str, file: str) -> None:
    await stage.run()
    stage.world.site.strangers[volume] = [file]
    with pytest.raises(InUse, match=file):
        await stage.tear_down()
    await assert_whole(stage)


async def test_a_volume_that_nobody_can_look_at_is_a_refusal(stage: Stage) -> None:
    await stage.run()
    for node in stage.world.nodes.values():
        del node.storage.mounted[stage.domain("data")]
    with pytest.raises(InUse, match="volume data is mounted nowhere"):
        await stage.tear_down()
    assert set(stage.world.site.volumes) == {"engine", "data"}


async def test_somebody_elses_brick_is_never_emptied(stage: Stage) -> None:
    """The deploy stops at it; its mark is that of another volume."""
    brick = "node2:/bricks/engine/brick"
    stage.world.site.marked[brick] = "another"
    stage.world.site.filled.add(brick)
    with pytest.raises(StepFailed, match="it holds files"):
        await stage.run()
    await stage.tear_down()
    assert (stage.world.site.marked, stage.world.site.filled) == ({brick: "another"}, {brick})


async def test_files_without_a_mark_are_never_taken_into_a_volume(stage: Stage) -> None:
    stage.world.site.filled.add("node3:/bricks/data/brick")
    with pytest.raises(StepFailed, match="it holds files"):
        await stage.run()
    await stage.tear_down()
    assert stage.world.site.filled == {"node3:/bricks/data/brick"}


async def test_a_volume_creation_that_was_cut_short_leaves_no_marks(stage: Stage) -> None:
    stage.world.site.cut_short_after = 2
    with pytest.raises(StepFailed, match="died in the middle"):
        await stage.run()
    await stage.tear_down()
    assert_bare(stage)


async def test_a_silent_node_is_a_refusal_unless_no_deploy_has_touched_it(tmp_path: Path) -> None:
    stage = await deployed(tmp_path / "one")
    stage.world.nodes["node3"].stop_answering()
    with pytest.raises(NodesAway, match="node3"):
        await stage.tear_down()
    assert len(stage.world.site.volumes) == 2
    stage = Stage(tmp_path / "two")
    stage.journals.cut_after = 5  # within the claim of node1
    with pytest.raises(PowerCut):
        await stage.run()
    stage.world.nodes["node3"].stop_answering()
    await stage.tear_down()
    assert_bare(stage)


async def test_a_node_that_lost_its_membership_by_other_hands_is_a_refusal(stage: Stage) -> None:
    await stage.run()
    stage.world.nodes["node2"].host.claimed = None
    with pytest.raises(Forgotten, match="node2"):
        await stage.tear_down()
    assert await stage.run_until_done() == 1
    await stage.tear_down()
    assert_bare(stage)


async def test_answers_without_claim_codes_are_a_refusal(stage: Stage) -> None:
    await stage.run()
    nodes = [msgspec.structs.replace(node, claim_code="claimed") for node in stage.answers.nodes]
    stage.answers = msgspec.structs.replace(stage.answers, nodes=tuple(nodes))
    with pytest.raises(CodesMissing, match="node1, node2, node3"):
        await stage.tear_down()


async def test_what_joined_the_lockspace_without_the_first_node_leaves_it(stage: Stage) -> None:
    """A later run, without node1, may have done the first node's step on another one."""
    await stage.run()
    space = LockspaceRequest(name="trivet", storage_domain=stage.domain("engine"), host_id=2)
    await stage.world.nodes["node2"].join_lockspace(space)
    await stage.tear_down()
    assert_bare(stage)
