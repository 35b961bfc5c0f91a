"""A problem of a pool, in sentences and in words for programs; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """DEGRADED: it works, with less redundancy or room than it should have. BROKEN: something does not work.
    UNKNOWN: nobody can say."""

    WHOLE = "whole"
    DEGRADED = "degraded"
    UNKNOWN = "unknown"
    BROKEN = "broken"


class Kind(StrEnum):
    GLUSTER_UNREACHABLE = "gluster-silent"
    PEER_DISCONNECTED = "peer-disconnected"
    PEER_REJECTED = "peer-rejected"
    PEER_NOT_READY = "peer-not-ready"
    NO_MAJORITY = "no-majority"
    CONFIGURATION_DIFFERS = "configuration-differs"
    VOLUME_NOT_STARTED = "volume-not-started"
    VOLUME_UNKNOWN = "volume-unknown"
    VOLUME_WITHOUT_QUORUM = "volume-without-quorum"
    VOLUME_FILLING = "volume-filling"
    VOLUME_ALMOST_FULL = "volume-almost-full"
    VOLUME_FULL = "volume-full"
    VOLUME_FILL_UNKNOWN = "volume-fill-unknown"
    BRICK_OFFLINE = "brick-offline"
    BRICK_UNREACHABLE = "brick-unreachable"
    BRICK_UNKNOWN = "brick-unknown"
    BRICK_NOT_MOUNTED = "brick-not-mounted"
    BRICK_MISSING = "brick-missing"
    BRICK_EMPTY = "brick-empty"
    BRICK_OF_OTHER_VOLUME = "brick-of-other-volume"
    CLIENT_LACKS_BRICK = "client-lacks-brick"
    CLIENTS_UNKNOWN = "clients-unknown"
    HEAL_PENDING = "heal-pending"
    HEAL_UNKNOWN = "heal-unknown"
    SPLIT_BRAIN = "split-brain"


@dataclass(frozen=True, slots=True)
class StateProblem:
    """One thing that is wrong, in sentences. `volume`, `server` and `brick` say what it is about; empty where it is
    about none."""

    kind: Kind
    health: Health
    subject: str
    what: str
    why: str
    mend: str
    volume: str = ""
    server: str = ""
    brick: str = ""

    @property
    def key(self) -> str:
        """The same for the same problem at another time, whatever its numbers are by then."""
        return f"{self.kind} {self.subject}"


def health(found: Iterable[StateProblem]) -> Health:
    """The worst of `found`: broken is worse than unknown, which is worse than degraded."""
    there = {problem.health for problem in found}
    return next((one for one in (Health.BROKEN, Health.UNKNOWN, Health.DEGRADED) if one in there), Health.WHOLE)
