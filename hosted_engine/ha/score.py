"""How fit a host is to run the engine VM: oVirt's rules and constants, a reason for every point. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from hosted_engine.ha.states import SCORELESS, WITHOUT_MEMORY_PENALTY, State

BASE = 3400
OUT_OF_DATE = 1000
NETWORK = 1600
BRIDGE_DOWN = 600
CPU_MAX = 1000
CPU_LOAD_FREE, CPU_LOAD_RANGE = 0.4, 0.5
MEMORY = 400
FAILED_START = 50
FAILED_STARTS_BEARABLE = 3
CPU_HISTORY_S = 900
MOVE_THRESHOLD = 800  # a running engine moves only to a host that is better by so much

Sample = tuple[
    float, float | None
]  # seconds on any clock, load of the host without the engine VM (1.0: all CPUs) or unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """What a host measures of itself. None is unknown. `network`: the fraction of probes that were answered."""

    network: float | None = 1.0
    bridge: bool = True
    memory_free_mib: float | None = None
    memory_needed_mib: float | None = 0
    cpu_history: tuple[Sample, ...] = ()
    config_fresh: bool = True
    config_why: str = ""  # it is not


@dataclass(frozen=True, slots=True)
class Penalty:
    """`points` are taken off; `reason` is a word for programs, `why` a sentence for people."""

    reason: str
    points: int
    why: str


@dataclass(frozen=True, slots=True)
class Score:
    value: int
    penalties: tuple[Penalty, ...]


@lru_cache(maxsize=64)
def rate(state: State, measured: Measurements, failed_starts: int = 0) -> Score:
    """The score of a host in `state`. What brings it to 0 altogether costs all of the base; the rest is still listed.

    Unknown memory counts as too little, an unknown network as one without an answer: neither proves the host fit.
    """
    penalties = tuple(_penalties(state, measured, failed_starts))
    return Score(max(0, BASE - sum(penalty.points for penalty in penalties)), penalties)


def cpu_load(history: Sequence[Sample]) -> float:
    """The average over the last 15 minutes of `history`, by trapezoids between known neighbours; 0.0 without any."""
    if not history:
        return 0.0
    begin = history[-1][0] - CPU_HISTORY_S
    area = known_s = 0.0
    for (from_s, before), (to_s, after) in pairwise(history):
        if from_s >= begin and before is not None and after is not None:
            area += (before + after) / 2 * (to_s - from_s)
            known_s += to_s - from_s
    return area / known_s if known_s > 0 else 0.0


def _penalties(state: State, measured: Measurements, failed_starts: int) -> Iterator[Penalty]:
    if state in SCORELESS:
        yield Penalty("state", BASE, f"The host is in the state {state}")
    if not measured.config_fresh:
        why = f": {measured.config_why}" if measured.config_why else ""
        yield Penalty("config", OUT_OF_DATE, f"The host's configuration is out of date{why}")
    yield from _network(measured)
    yield from _cpu(measured)
    yield from _memory(state, measured)
    if failed_starts > FAILED_STARTS_BEARABLE:
        yield Penalty("failed_starts", BASE, f"{failed_starts} starts of the engine VM failed here within 10 minutes")
    elif failed_starts > 0:
        points = FAILED_START * failed_starts
        yield Penalty("failed_starts", points, f"{failed_starts} of the last starts of the engine VM failed here")


def _network(measured: Measurements) -> Iterator[Penalty]:
    fraction = 0.0 if measured.network is None else measured.network
    if points := int(NETWORK * (1 - fraction)):
        why = (
            "Nothing is known of the network"
            if measured.network is None
            else f"{fraction:.0%} of the network's probes were answered"
        )
        yield Penalty("network", points, why)
    if not measured.bridge:
        yield Penalty("bridge", BRIDGE_DOWN, "The management network's bridge is down")


def _cpu(measured: Measurements) -> Iterator[Penalty]:
    load = cpu_load(measured.cpu_history)
    if points := max(0, min(CPU_MAX, int(CPU_MAX * (load - CPU_LOAD_FREE) / CPU_LOAD_RANGE))):
        yield Penalty("cpu", points, f"The CPUs were {load:.0%} busy over 15 minutes, without the engine VM")


def _memory(state: State, measured: Measurements) -> Iterator[Penalty]:
    free, needed = measured.memory_free_mib, measured.memory_needed_mib
    if state in WITHOUT_MEMORY_PENALTY:
        return
    if free is None:
        yield Penalty("memory", MEMORY, "It is not known how much memory is free")
    elif needed is None:
        yield Penalty("memory", MEMORY, "It is not known how much memory the engine VM needs")
    elif free < needed:
        yield Penalty("memory", MEMORY, f"{free:.0f} MiB of memory are free, the engine VM needs {needed:.0f} MiB")
