"""What is taken back, in which order, and what speaks against it."""

import pytest

from hosted_engine.deploy.answers import Answers, parse
from hosted_engine.deploy.connector import NodeConnector
from hosted_engine.deploy.context import DeployContext
from hosted_engine.deploy.decisions import Decisions, decide
from hosted_engine.deploy.folder import Folder
from hosted_engine.deploy.plan import Kind, Observed, plan
from hosted_engine.deploy.steps import steps, teardown_steps
from hosted_engine.deploy.teardown_plan import (
    Done,
    RemainingNode,
    RemainingState,
    format_teardown_step,
    teardown_plan,
    why_in_use,
    why_strangers,
    why_unreachable,
)
from hosted_engine.waiting import Poller
from node.api.messages.images import Contents
from tests.fakes.clock import FakeClock
from tests.unit.deploy.test_answers import three

ALL = frozenset(step.key for step in plan(parse(three()), Observed()))
CLAIMS = frozenset(f"claim:node{number}" for number in (1, 2, 3))


@pytest.fixture(scope="module")
def answers() -> Answers:
    return parse(three())


@pytest.fixture(scope="module")
def decisions(answers: Answers) -> Decisions:
    return decide(answers, "secret")


def holding(volume: str, *files: str, more: bool = False) -> RemainingState:
    node = RemainingNode(
        member=True, volumes=frozenset({"engine", "data"}), contents={volume: Contents(files=files, more=more)}
    )
    return RemainingState(nodes={"node1": node})


def test_the_last_step_is_taken_back_first(answers: Answers) -> None:
    keys = [step.key for step in teardown_plan(answers, "node1", Done(begun=ALL))]
    forward = [step.key for step in plan(answers, Observed(own="node1"))]
    nothing_to_undo = ("timers", "migration", "lease", "site_files", "health", "hand_over", "recovery")
    assert keys == [key for key in reversed(forward) if key not in nothing_to_undo]


def test_only_what_was_begun_is_taken_back(answers: Answers) -> None:
    begun = frozenset({"authority", "claim:node1", "claim:node2"})
    assert [step.key for step in teardown_plan(answers, None, Done(begun=begun))] == [
        *("claim:node2", "claim:node1", "authority"),
    ]
    assert teardown_plan(answers, None, Done()) == ()


def test_once_nodes_have_begun_to_leave_only_that_is_left_to_do(answers: Answers) -> None:
    steps = teardown_plan(answers, None, Done(begun=ALL, done=ALL, back=ALL - CLAIMS | {"claim:node3"}))
    assert [step.key for step in steps] == ["claim:node3", "claim:node2", "claim:node1", "authority"]


def test_what_may_have_been_done_on_another_node_is_taken_back_on_all(answers: Answers) -> None:
    nodes = {step.kind: step.nodes for step in teardown_plan(answers, None, Done(begun=ALL))}
    assert nodes[Kind.LOCKSPACE] == nodes[Kind.START] == ("node1", "node2", "node3")


def test_every_step_that_has_words_for_it_has_an_undo_and_no_other(answers: Answers, decisions: Decisions) -> None:
    folder = Folder()
    context = DeployContext(answers, decisions, NodeConnector(folder), folder, Poller(FakeClock(), print))
    planned = plan(answers, Observed())
    made = steps(planned, context)
    assert [step.undo is not None for step in made] == [
        format_teardown_step(todo, answers) is not None for todo in planned
    ]
    back = teardown_steps(teardown_plan(answers, None, Done(begun=ALL)), context)
    assert len(back) == sum(step.undo is not None for step in made)


def test_all_lines_fit_a_terminal(answers: Answers) -> None:
    for step in teardown_plan(answers, None, Done(begun=ALL)):
        assert len(f" 10:00  would do: {step.description} ({step.key})") <= 80, step.description


def test_what_the_deploy_made_is_not_in_use(decisions: Decisions) -> None:
    seed = f"images/{decisions.seed.disk_id}/{decisions.seed.image_id}"
    leases = ("leases/trivet/lockspace", "leases/trivet/engine.lease", "leases/trivet/.lockspace.1.part")
    assert why_in_use(decisions, holding("engine", seed, f"{seed}.format", *leases), Done()) is None
    assert why_in_use(decisions, RemainingState(nodes={"node1": RemainingNode()}), Done()) is None


@pytest.mark.parametrize(
    ("volume", "files", "reason"),
    [
        ("data", ("images/x/y",), "volume data holds images/x/y"),
        ("data", ("leases/trivet/engine.lease",), "volume data holds leases"),
        ("engine", ("leases/trivet/web1.lease",), "volume engine holds leases/trivet/web1.lease"),
        ("engine", ("leases/other/lockspace",), "leases/other/lockspace"),
        ("data", ("a", "b", "c", "d"), "volume data holds a, b, c and other files"),
    ],
)
def test_what_somebody_else_made_is_named(
    decisions: Decisions, volume: str, files: tuple[str, ...], reason: str
) -> None:
    assert reason in (why_in_use(decisions, holding(volume, *files), Done()) or "")


def test_an_image_of_the_deploys_on_the_other_volume_is_not_its_own(decisions: Decisions) -> None:
    tiny = f"images/{decisions.tiny.disk_id}/{decisions.tiny.image_id}"
    assert why_in_use(decisions, holding("data", tiny), Done()) is None
    assert why_in_use(decisions, holding("engine", tiny), Done()) is not None


def test_too_many_files_to_tell_are_never_all_the_deploys(decisions: Decisions) -> None:
    tiny = f"images/{decisions.tiny.disk_id}/{decisions.tiny.image_id}"
    assert why_in_use(decisions, holding("data", tiny, more=True), Done()) is not None


def test_other_vms_are_named_with_their_nodes(decisions: Decisions) -> None:
    left = RemainingState(nodes={"node2": RemainingNode(member=True, vms=("web1", "web2"))})
    assert why_in_use(decisions, left, Done()) == "VM web1 on node2; VM web2 on node2"


def test_a_volume_that_was_mounted_has_to_be_looked_at_until_its_mount_was_taken_back(decisions: Decisions) -> None:
    left = RemainingState(nodes={"node1": RemainingNode(member=True, volumes=frozenset({"data"}))})
    mounted = frozenset({"mount:data"})
    assert "mounted nowhere" in (why_in_use(decisions, left, Done(begun=mounted, done=mounted)) or "")
    assert why_in_use(decisions, left, Done(begun=mounted)) is None
    assert why_in_use(decisions, left, Done(begun=mounted, done=mounted, back=mounted)) is None


def test_a_node_may_be_silent_until_a_deploy_has_touched_it() -> None:
    left = RemainingState(unreachable={"node3": "node3 did not answer."})
    assert why_unreachable(left, Done(begun=CLAIMS)) == "node3 did not answer"
    assert why_unreachable(left, Done(begun=CLAIMS - {"claim:node3"})) is None


def test_a_node_may_not_be_a_member_before_its_claim_and_once_it_has_begun_to_leave() -> None:
    left = RemainingState(nodes={"node2": RemainingNode()})
    assert why_strangers(left, Done(begun=CLAIMS)) is None
    assert "node2 was a member" in (why_strangers(left, Done(begun=CLAIMS, done=CLAIMS)) or "")
    assert why_strangers(left, Done(begun=CLAIMS, done=CLAIMS, back=frozenset({"claim:node2"}))) is None
