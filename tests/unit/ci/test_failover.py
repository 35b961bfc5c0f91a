"""What is printed of many power losses."""

from ci.failover import distribution, pairs
from tests.lab.ha_run import Failover

FOUND = (Failover("node2", 60.0, 100.0), Failover("node1", 70.5, 90.0), Failover("node2", 62.0, 95.0))


def test_the_slowest_is_held_against_the_aim() -> None:
    assert [(pair.name, pair.measured, pair.aim) for pair in pairs(FOUND)] == [
        ("failover: START, slowest of 3", 70.5, 75.0),
        ("failover: API, slowest of 3", 100.0, 95.0),
    ]


def test_a_fenced_loss_has_an_aim_of_its_own() -> None:
    assert [(pair.name, pair.aim) for pair in pairs(FOUND, fencing=True)] == [
        ("fenced failover: START, slowest of 3", 9.0),
        ("fenced failover: API, slowest of 3", 29.0),
    ]


def test_the_distribution_names_all() -> None:
    assert distribution(FOUND) == (
        "START: min 60.0 s, median 62.0 s, max 70.5 s (60.0 62.0 70.5)",
        "API: min 90.0 s, median 95.0 s, max 100.0 s (90.0 95.0 100.0)",
    )
