"""The timers of a site that runs are changed node by node, whatever fails or dies on the way; nobody is counted as
dead too early."""

from pathlib import Path

import msgspec
import pytest

from hosted_engine.deploy.answers import Answers
from hosted_engine.deploy.rolling import REASON
from hosted_engine.ha.site_files import SITE_FILE, parse_site
from node.api.messages.vms import VmLease, VmSpec, VmState
from node.api.problems import ProblemText, RemoteFailed
from node.steps import StepFailed
from tests.fakes.deploy import PowerCut
from tests.fakes.node.fake import FakeNode
from tests.sim.deploy.stage import Stage, assert_whole

NAMES = ("node1", "node2", "node3")
STEPS = ["prepare", "recovery", "roll:node2", "roll:node3", "roll:node1", "finish"]
MAIL = VmSpec(
    id="00000000-0000-4000-8000-000000000001",
    name="mail",
    memory_bytes=1 << 27,
    leases=(VmLease(lockspace="trivet", resource="mail", storage_domain="engine"),),
)


async def begun(path: Path, names: tuple[str, ...] = NAMES, profile: str = "fast") -> Stage:
    """A site that runs, and answers with another profile for it."""
    stage = Stage(path, names)
    stage.answers = with_profile(stage.answers, "default" if profile == "fast" else "fast")
    await stage.run()
    stage.answers = with_profile(stage.answers, profile)
    stage.world.on_observe = lambda: assert_borne(stage)
    return stage


def with_profile(answers: Answers, profile: str) -> Answers:
    return msgspec.structs.replace(answers, profile=profile)


def assert_borne(stage: Stage) -> None:
    """At any moment: whoever may take the engine's lease waits until its holder's watchdog has fired, and sanlock bears
    how long Gluster waits for a brick."""
    site = parse_site(stage.world.site.ha_files["engine"][SITE_FILE].encode())
    nodes = [node.storage for node in stage.world.nodes.values() if node.storage.joined]
    for holder in stage.world.nodes.values():
        if any(vm.state is not VmState.DOWN for vm in holder.machines.vms()):
            assert all(n.fire_timeout_s + site.lease_grace_s >= holder.storage.fire_timeout_s for n in nodes)
    ping_timeout_s = int(stage.world.site.volumes["engine"].options["network.ping-timeout"])
    assert all(ping_timeout_s <= 2 * space.io_timeout_s + 2 for n in nodes for space in n.joined.values())


async def assert_changed(stage: Stage) -> None:
    await assert_whole(stage)
    timers = stage.answers.timers
    for node in stage.world.nodes.values():
        report = node.storage.lease_timers()
        assert (report.watchdog_fire_timeout_s, report.io_timeouts_s) == (
            timers.watchdog_fire_timeout_s,
            {"trivet": timers.io_timeout_s},
        )
        assert node.ha_service.maintenance is None
    site = parse_site(stage.world.site.ha_files["engine"][SITE_FILE].encode())
    assert (site.profile, site.io_timeout_s, site.lease_grace_s) == (timers.name, timers.io_timeout_s, 0)


@pytest.mark.parametrize("profile", ["fast", "default"])
async def test_it_is_changed_node_by_node_the_engines_last(tmp_path: Path, profile: str) -> None:
    stage = await begun(tmp_path, profile=profile)
    assert await stage.left() == STEPS
    assert [todo.key for todo in (await stage.run()).steps] == STEPS
    await assert_changed(stage)
    assert stage.world.nodes["node1"].machines.running() == 0


async def test_a_new_site_has_its_profile_from_the_start(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.answers = with_profile(stage.answers, "fast")
    assert not any(todo.key.startswith(("roll", "prepare", "finish")) for todo in (await stage.run()).steps)
    await assert_changed(stage)


async def test_an_io_timeout_alone_is_changed_too(tmp_path: Path) -> None:
    stage = await begun(tmp_path)
    stage.answers = msgspec.structs.replace(stage.answers, profile="default", lease_io_timeout_s=7)
    assert await stage.left() == STEPS
    await stage.run()
    await assert_changed(stage)


async def test_one_node_has_its_engine_stopped_and_back(tmp_path: Path) -> None:
    stage = await begun(tmp_path, ("node1",))
    await stage.run()
    await assert_changed(stage)


@pytest.mark.parametrize("operation", ["begin_maintenance", "set_lease_timers", "end_maintenance", "write_site_files"])
async def test_a_failure_anywhere_stops_and_a_further_run_goes_on(tmp_path: Path, operation: str) -> None:
    for name in NAMES[: 1 if operation == "write_site_files" else 3]:
        stage = await begun(tmp_path / name)
        text = ProblemText(code="Broken", what="It did not work", why="it broke", mend="Mend it")
        stage.world.nodes[name].fail(operation, RemoteFailed(text, name))
        with pytest.raises(StepFailed, match="It did not work: it broke"):
            await stage.run()
        assert await stage.run_until_done() == 1
        await assert_changed(stage)


@pytest.mark.parametrize("operation", ["begin_maintenance", "set_lease_timers", "end_maintenance"])
async def test_a_lost_answer_is_got_over(tmp_path: Path, operation: str) -> None:
    for name in NAMES:
        stage = await begun(tmp_path / name)
        stage.world.nodes[name].lose_answer(operation)
        assert await stage.run_until_done() <= 2
        await assert_changed(stage)


async def test_a_power_cut_after_any_entry_of_the_journal_is_resumed(tmp_path: Path) -> None:
    for cut_after in range(1, 2 * len(STEPS) + 3):
        stage = await begun(tmp_path / str(cut_after))
        stage.journals.cut_after = cut_after
        with pytest.raises(PowerCut):
            await stage.run()
        assert await stage.run_until_done() == 1, cut_after
        await assert_changed(stage)


@pytest.mark.parametrize("profile", ["fast", "default"])
async def test_a_power_cut_at_any_call_of_a_node_is_resumed_or_taken_back(tmp_path: Path, profile: str) -> None:
    probe = await begun(tmp_path / "probe", profile=profile)
    before = probe.world.calls
    await probe.run()
    for cut_at in range(1, probe.world.calls - before, 5):
        stage = await begun(tmp_path / str(cut_at), profile=profile)
        stage.world.cut_at = stage.world.calls + cut_at
        with pytest.raises(PowerCut):
            await stage.run()
        if cut_at % 2:  # the operator has thought better of it
            stage.answers = with_profile(stage.answers, "default" if profile == "fast" else "fast")
        assert await stage.run_until_done() == 1, cut_at
        await assert_changed(stage)


async def test_nothing_is_changed_while_a_node_is_silent(tmp_path: Path) -> None:
    stage = await begun(tmp_path)
    silent = stage.world.nodes["node3"]
    silent.stop_answering()
    done = await stage.run()
    assert [todo.key for todo in done.steps] == ["prepare", "recovery"]
    assert done.waits is not None
    assert "node3 does not answer" in done.waits
    assert (await stage.run()).steps == ()
    silent.start()
    done = await stage.run()
    assert ([todo.key for todo in done.steps], done.waits) == (STEPS[2:], None)
    await assert_changed(stage)


async def test_a_silent_node_of_a_site_that_has_its_profile_changes_nothing(tmp_path: Path) -> None:
    stage = await begun(tmp_path)
    await stage.run()
    stage.world.nodes["node3"].stop_answering()
    assert (await stage.run()).steps == ()


async def test_a_node_dies_in_between_and_the_change_goes_on_when_it_is_back(tmp_path: Path) -> None:
    stage = await begun(tmp_path)
    stage.journals.cut_after = 6  # node2 is being changed
    with pytest.raises(PowerCut):
        await stage.run()
    dead = stage.world.nodes["node3"]
    dead.stop_answering()
    await stage.run()
    site = parse_site(stage.world.site.ha_files["engine"][SITE_FILE].encode())
    assert site.lease_grace_s > 0
    dead.start()
    await stage.run()
    await assert_changed(stage)


async def test_a_vm_that_holds_a_lease_keeps_its_node_as_it_is(tmp_path: Path) -> None:
    stage = await begun(tmp_path)
    node: FakeNode = stage.world.nodes["node2"]
    stage.world.site.leases["trivet", "mail"] = None
    node.machines.start_vm(MAIL)
    with pytest.raises(StepFailed, match="VMs here hold leases"):
        await stage.run()
    assert (node.ha_service.maintenance, node.storage.fire_timeout_s) == (None, 30)
    assert node.machines.running() == 1
    node.machines.destroy_vm(MAIL.id)
    assert await stage.run_until_done() == 1
    await assert_changed(stage)


async def test_a_maintenance_of_an_operator_is_neither_needed_nor_ended(tmp_path: Path) -> None:
    stage = await begun(tmp_path)
    stage.world.nodes["node2"].ha_service.maintenance = "a new disk"
    await stage.run()
    assert stage.world.nodes["node2"].ha_service.maintenance == "a new disk"
    assert [node.ha_service.maintenance == REASON for node in stage.world.nodes.values()] == [False] * 3
