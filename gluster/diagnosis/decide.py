"""What is wrong with a pool, decided from its state alone; pure. An empty tuple means that it is whole."""

from gluster.diagnosis import servers, volumes
from gluster.diagnosis.problem import Health, StateProblem
from gluster.state import PoolState

_ORDER = (Health.BROKEN, Health.UNKNOWN, Health.DEGRADED)


def problems(state: PoolState) -> tuple[StateProblem, ...]:
    """All that is wrong, the worst first."""
    if not state.answered:
        return (servers.unreachable(state),)
    found = [*servers.problems(state), *volumes.problems(state)]
    return tuple(sorted(found, key=lambda problem: _ORDER.index(problem.health)))
