"""A scenario: how a cluster begins, what happens to it, and the log of how it went."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from hosted_engine.ha.decide import decide as real_decide
from hosted_engine.ha.profiles import PROFILES
from hosted_engine.ha.simulation.cluster import Cluster, Setup
from hosted_engine.ha.simulation.events import BadEvent, Event, happen, parse_events
from hosted_engine.ha.simulation.invariants import Violation
from hosted_engine.ha.view import Decision, View


class BadScenario(ValueError):
    """A scenario that cannot be run, with the file and what is wrong in it."""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    """`cluster.toml`. `engine_on`: 0 when all hosts are off. `excused`: nobody may be able to have an engine in it."""

    until: float = 300
    nodes: int = 3
    profile: str = "default"
    engine_on: int = 1
    fences: bool = False
    boot_s: float = 20
    seed: int | None = None
    excused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    setup: Setup
    events: tuple[Event, ...]
    until: float
    excused: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """`engine_on`: where it ran, healthy, at the end."""

    lines: tuple[str, ...]
    violations: tuple[Violation, ...]
    engine_on: int | None

    @property
    def text(self) -> str:
        end = "no engine" if self.engine_on is None else f"the engine is on node{self.engine_on}"
        broken = "".join(f"BROKEN {v.kind} at {v.at:.0f}: {v.text}\n" for v in self.violations)
        return "".join(f"{line}\n" for line in self.lines) + f"   end  {end}\n" + broken


def parse_scenario(cluster_toml: str, events_txt: str) -> Scenario:
    """Raises BadScenario."""
    try:
        found = msgspec.convert(tomllib.loads(cluster_toml), _File)
        profile = PROFILES[found.profile]
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as err:
        raise BadScenario(f"cluster.toml: {err}") from err
    except KeyError as err:
        raise BadScenario(f"cluster.toml: {err} is no profile; there are {', '.join(PROFILES)}") from err
    try:
        events = parse_events(events_txt)
    except BadEvent as err:
        raise BadScenario(f"events.txt: {err}") from err
    setup = Setup(
        nodes=found.nodes,
        profile=profile,
        engine_on=found.engine_on or None,
        fences=found.fences,
        boot_s=found.boot_s,
        seed=found.seed,
    )
    return Scenario(setup=setup, events=events, until=found.until, excused=found.excused)


def run(scenario: Scenario, decide: Callable[[View], Decision] = real_decide, *, steady_s: float | None = None) -> Run:
    """`steady_s`: end as soon as the engine has been well for so long after the last event and nothing goes on."""
    cluster = Cluster(scenario.setup, decide)
    cluster.checker.excused = scenario.excused
    waiting = list(reversed(scenario.events))
    while cluster.now < scenario.until:
        while waiting and waiting[-1].at <= cluster.now:
            happen(cluster, waiting.pop())
        if steady_s is not None and not waiting and cluster.is_steady(steady_s):
            break
        cluster.tick()
    return Run(tuple(cluster.lines), tuple(cluster.checker.violations), cluster.engine_on())
