"""The score by oVirt's rules, to the point."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hosted_engine.ha.score import BASE, Measurements, cpu_load, rate
from hosted_engine.ha.states import State

FIT = Measurements(memory_free_mib=8192, memory_needed_mib=1024)


def _points(measured: Measurements, state: State = State.ENGINE_DOWN, failed_starts: int = 0) -> dict[str, int]:
    return {p.reason: p.points for p in rate(state, measured, failed_starts).penalties}


def test_a_fit_host_has_all_points() -> None:
    assert rate(State.ENGINE_DOWN, FIT).value == 3400
    assert rate(State.ENGINE_DOWN, FIT).penalties == ()


@pytest.mark.parametrize(
    ("measured", "points"),
    [
        (replace(FIT, config_fresh=False), {"config": 1000}),
        (replace(FIT, bridge=False), {"bridge": 600}),
        (replace(FIT, network=0.0), {"network": 1600}),
        (replace(FIT, network=0.5), {"network": 800}),
        (replace(FIT, network=0.8), {"network": 319}),  # int() of 319.99…, as oVirt reckons
        (replace(FIT, network=None), {"network": 1600}),
        (replace(FIT, memory_free_mib=1024), {}),
        (replace(FIT, memory_free_mib=1023), {"memory": 400}),
        (replace(FIT, memory_free_mib=None), {"memory": 400}),
        (replace(FIT, memory_needed_mib=None), {"memory": 400}),
        (replace(FIT, cpu_history=((0, 0.4), (10, 0.4))), {}),
        (replace(FIT, cpu_history=((0, 0.65), (10, 0.65))), {"cpu": 500}),
        (replace(FIT, cpu_history=((0, 2.0), (10, 2.0))), {"cpu": 1000}),
    ],
)
def test_what_costs_how_much(measured: Measurements, points: dict[str, int]) -> None:
    assert _points(measured) == points


@pytest.mark.parametrize("state", [State.ENGINE_UP, State.GLOBAL_MAINTENANCE])
def test_memory_does_not_count_where_the_engine_has_its_own(state: State) -> None:
    assert _points(replace(FIT, memory_free_mib=None), state) == {}


@pytest.mark.parametrize(
    "state", [State.LOCAL_MAINTENANCE, State.ENGINE_UNEXPECTEDLY_DOWN, State.AGENT_STOPPED, State.REINITIALIZE]
)
def test_a_state_that_brings_it_to_nothing(state: State) -> None:
    assert rate(state, FIT).value == 0
    assert _points(FIT, state) == {"state": BASE}


@pytest.mark.parametrize(("failed", "score"), [(0, 3400), (1, 3350), (3, 3250), (4, 0), (9, 0)])
def test_failed_starts(failed: int, score: int) -> None:
    assert rate(State.ENGINE_DOWN, FIT, failed).value == score


def test_the_floor_is_zero_and_every_point_has_its_reason() -> None:
    bad = Measurements(network=0.0, bridge=False, config_fresh=False)
    score = rate(State.ENGINE_DOWN, bad)
    assert score.value == 0
    assert {p.reason for p in score.penalties} == {"network", "bridge", "config", "memory"}
    assert all(p.why for p in score.penalties)


def test_the_load_is_the_average_over_the_known_time() -> None:
    assert cpu_load(()) == 0.0
    assert cpu_load(((1000, 0.4), (1005, None), (1015, 0.9))) == 0.0
    assert cpu_load(((0, 0.0), (10, 1.0))) == 0.5
    assert cpu_load(((0, 0.2), (30, 0.2), (30, None), (40, 0.6), (50, 0.6))) == pytest.approx(0.3)
    assert cpu_load(((5, 0.7), (5, 0.9))) == 0.0


def test_only_the_last_fifteen_minutes_count() -> None:
    assert cpu_load(((0, 1.0), (100, 1.0), (1000, 0.0))) == 0.5  # from 100 on
    assert cpu_load(((0, 1.0), (99, 1.0), (1000, 0.0))) == 0.0


@given(
    st.floats(0, 1) | st.none(),
    st.booleans(),
    st.floats(0, 1e6) | st.none(),
    st.lists(st.tuples(st.floats(0, 1e5), st.floats(0, 4) | st.none()), max_size=8),
    st.integers(0, 9),
    st.sampled_from(State),
)
def test_the_penalties_are_the_score(
    network: float | None,
    bridge: bool,
    free: float | None,
    history: list[tuple[float, float | None]],
    failed: int,
    state: State,
) -> None:
    measured = Measurements(
        network=network,
        bridge=bridge,
        memory_free_mib=free,
        memory_needed_mib=1024,
        cpu_history=tuple(sorted(history, key=lambda s: s[0])),
    )
    score = rate(state, measured, failed)
    assert score.value == max(0, BASE - sum(p.points for p in score.penalties))
    assert all(p.points > 0 for p in score.penalties)
