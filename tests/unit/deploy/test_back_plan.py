"""What is taken back, in which order, and what speaks against it."""

import pytest

from hosted_engine.deploy.answers import Answers, parse
from hosted_engine.deploy.back_plan import Done, Left, NodeLeft, plan_back, why_in_use, why_silent, why_strangers, words
from hosted_engine.deploy.decisions import Decisions, decide
from hosted_engine.deploy.folder import Folder
from hosted_engine.deploy.plan import Kind, Observed, plan
from hosted_engine.deploy.reach import Network
from hosted_engine.deploy.steps import back_steps, steps
from hosted_engine.deploy.work import Work
from hosted_engine.waiting import Poller
from node.api.messages.images import Contents
from tests.fakes.clock import FakeClock
from tests.unit.deploy.test_answers import three

ALL = frozenset(todo.key for todo in plan(parse(three()), Observed()))
CLAIMS = frozenset(f"claim:node{number}" for number in (1, 2, 3))


@pytest.fixture(scope="module")
def answers() -> Answers:
    return parse(three())


@pytest.fixture(scope="module")
def decisions(answers: Answers) -> Decisions:
    return decide(answers, "secret")


def holding(volume: str, *files: str, more: bool = False) -> Left:
    node = NodeLeft(
        member=True, volumes=frozenset({"engine", "data"}), contents={volume: Contents(files=files, more=more)}
    )
    return Left(nodes={"node1": node})


def test_the_last_step_is_taken_back_first(answers: Answers) -> None:
    keys = [todo.key for todo in plan_back(answers, "node1", Done(begun=ALL))]
    forward = [todo.key for todo in plan(answers, Observed(own="node1"))]
    nothing_to_undo = ("timers", "migration", "lease", "site_files", "health", "hand_over", "recovery")
    assert keys == [key for key in reversed(forward) if key not in nothing_to_undo]


def test_only_what_was_begun_is_taken_back(answers: Answers) -> None:
    begun = frozenset({"authority", "claim:node1", "claim:node2"})
    assert [todo.key for todo in plan_back(answers, None, Done(begun=begun))] == [
        *("claim:node2", "claim:node1", "authority"),
    ]
    assert plan_back(answers, None, Done()) == ()


def test_once_nodes_have_begun_to_leave_only_that_is_left_to_do(answers: Answers) -> None:
    todos = plan_back(answers, None, Done(begun=ALL, done=ALL, back=ALL - CLAIMS | {"claim:node3"}))
    assert [todo.key for todo in todos] == ["claim:node3", "claim:node2", "claim:node1", "authority"]


def test_what_may_have_been_done_on_another_node_is_taken_back_on_all(answers: Answers) -> None:
    nodes = {todo.kind: todo.nodes for todo in plan_back(answers, None, Done(begun=ALL))}
    assert nodes[Kind.LOCKSPACE] == nodes[Kind.START] == ("node1", "node2", "node3")


def test_every_step_that_has_words_for_it_has_an_undo_and_no_other(answers: Answers, decisions: Decisions) -> None:
    folder = Folder()
    work = Work(answers, decisions, Network(folder), folder, Poller(FakeClock(), print))
    todos = plan(answers, Observed())
    made = steps(todos, work)
    assert [step.undo is not None for step in made] == [words(todo, answers) is not None for todo in todos]
    back = back_steps(plan_back(answers, None, Done(begun=ALL)), work)
    assert len(back) == sum(step.undo is not None for step in made)


def test_all_lines_fit_a_terminal(answers: Answers) -> None:
    for todo in plan_back(answers, None, Done(begun=ALL)):
        assert len(f" 10:00  would do: {todo.says} ({todo.key})") <= 80, todo.says


def test_what_the_deploy_made_is_not_in_use(decisions: Decisions) -> None:
    seed = f"images/{decisions.seed.disk_id}/{decisions.seed.image_id}"
    leases = ("leases/trivet/lockspace", "leases/trivet/engine.lease", "leases/trivet/.lockspace.1.part")
    assert why_in_use(decisions, holding("engine", seed, f"{seed}.format", *leases), Done()) is None
    assert why_in_use(decisions, Left(nodes={"node1": NodeLeft()}), Done()) is None


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
    left = Left(nodes={"node2": NodeLeft(member=True, vms=("web1", "web2"))})
    assert why_in_use(decisions, left, Done()) == "VM web1 on node2; VM web2 on node2"


def test_a_volume_that_was_mounted_has_to_be_looked_at_until_its_mount_was_taken_back(decisions: Decisions) -> None:
    left = Left(nodes={"node1": NodeLeft(member=True, volumes=frozenset({"data"}))})
    mounted = frozenset({"mount:data"})
    assert "mounted nowhere" in (why_in_use(decisions, left, Done(begun=mounted, done=mounted)) or "")
    assert why_in_use(decisions, left, Done(begun=mounted)) is None
    assert why_in_use(decisions, left, Done(begun=mounted, done=mounted, back=mounted)) is None


def test_a_node_may_be_silent_until_a_deploy_has_touched_it() -> None:
    left = Left(silent={"node3": "node3 did not answer."})
    assert why_silent(left, Done(begun=CLAIMS)) == "node3 did not answer"
    assert why_silent(left, Done(begun=CLAIMS - {"claim:node3"})) is None


def test_a_node_may_not_be_a_member_before_its_claim_and_once_it_has_begun_to_leave() -> None:
    left = Left(nodes={"node2": NodeLeft()})
    assert why_strangers(left, Done(begun=CLAIMS)) is None
    assert "node2 was a member" in (why_strangers(left, Done(begun=CLAIMS, done=CLAIMS)) or "")
    assert why_strangers(left, Done(begun=CLAIMS, done=CLAIMS, back=frozenset({"claim:node2"}))) is None
