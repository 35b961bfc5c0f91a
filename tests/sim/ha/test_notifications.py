"""Who tells what, in the simulated cluster: a change of the cluster once, by the host that has the engine."""

import pytest

from hosted_engine.ha.decide import decide
from hosted_engine.ha.notifications import Book, learn, observe_round
from hosted_engine.ha.profiles import FAST
from hosted_engine.ha.simulation.cluster import Setup
from hosted_engine.ha.simulation.events import Event
from hosted_engine.ha.simulation.scenario import Scenario, run
from hosted_engine.ha.view import Decision, View

NAMES = {1: "node1", 2: "node2", 3: "node3", 4: "node4"}


def notices(*events: Event, until: float = 250, nodes: int = 3, seed: int | None = None) -> list[tuple[str, str]]:
    """Who told what, in the order of time."""
    books: dict[int, Book] = {}
    found: list[tuple[str, str]] = []

    def listens(view: View) -> Decision:
        decision = decide(view)
        seen = observe_round(view, decision, names=NAMES, cluster_block="good", failover=None)
        books[view.host_id], news = learn(books.get(view.host_id, Book()), seen)
        found.extend((NAMES[view.host_id], one.text) for one in news)
        return decision

    run(Scenario(setup=Setup(profile=FAST, nodes=nodes, boot_s=8, seed=seed), events=events, until=until), listens)
    return found


def test_nothing_happens_and_nothing_is_told() -> None:
    assert notices() == []


@pytest.mark.parametrize("seed", range(10))
def test_the_host_that_starts_the_engine_tells_that_its_host_was_lost(seed: int) -> None:
    found = notices(Event(20, ("power", "off", "node1")), until=150, seed=seed)
    (teller,) = {name for name, _ in found}
    assert [text for _, text in found] == [
        "node1 is lost: it does not write any more",
        f"The engine VM was started on {teller}",
        f"The engine is up on {teller}",
    ]


@pytest.mark.parametrize("seed", range(10))
def test_of_another_host_the_one_with_the_engine_tells(seed: int) -> None:
    found = notices(Event(20, ("power", "off", "node3")), Event(100, ("power", "on", "node3")), seed=seed)
    assert found == [
        ("node1", "node3 is lost: it does not write any more"),
        ("node1", "node3 is back"),
    ]


@pytest.mark.parametrize("seed", range(10))
def test_two_hosts_that_are_lost_at_once_are_told_of_by_the_one_that_starts_the_engine(seed: int) -> None:
    events = (Event(20, ("power", "off", "node1")), Event(20, ("power", "off", "node4")))
    found = notices(*events, nodes=4, seed=seed, until=150)
    (teller,) = {name for name, _ in found}
    assert sorted(text for _, text in found) == [
        f"The engine VM was started on {teller}",
        f"The engine is up on {teller}",
        "node1 is lost: it does not write any more",
        "node4 is lost: it does not write any more",
    ]


def test_global_maintenance_is_told_once_also_while_the_engine_is_nowhere() -> None:
    events = (Event(20, ("maintenance", "global")), Event(60, ("maintenance", "none")))
    assert [name for name, text in notices(*events) if text.startswith("Global maintenance")] == ["node1"] * 2
    events = (Event(20, ("maintenance", "global")), Event(30, ("vm", "kill")))
    assert notices(*events, until=300) == [
        ("node1", "Global maintenance: nobody starts, stops or moves the engine"),
        ("node1", "The engine has been nowhere for 120 s: see trivet ha why on each host"),
    ]


def test_an_engine_vm_that_ended_is_told_by_its_host_and_by_who_starts_it() -> None:
    assert notices(Event(20, ("vm", "kill"))) == [
        ("node1", "The engine VM ended by itself on node1"),
        ("node2", "The engine VM was started on node2"),
        ("node2", "The engine is up on node2"),
    ]
