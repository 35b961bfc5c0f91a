"""sanlock on one host, by its own arithmetic: host ids that are renewed, a lease that ends with its owner."""

from dataclasses import dataclass, field

from hosted_engine.ha.profiles import Profile
from hosted_engine.ha.simulation.storage import HostId, Volume
from hosted_engine.ha.states import LeaseState

JOIN_ROUNDS = 3  # joining a lockspace takes so many io timeouts


@dataclass(slots=True)
class Sanlock:
    host_id: int
    profile: Profile
    volume: Volume
    joined: bool = False
    disowned: bool = False  # somebody began another life for this host
    generation: int = 0
    renewed_at: float = 0.0
    joining_since: float | None = None
    watched: dict[int, tuple[int, int, float]] = field(default_factory=dict)  # generation, timestamp, seen to change

    def tick(self, now: float, works: bool) -> None:
        """A second of its life while the host runs."""
        if not self.joined:
            self._join(now, works)
        elif works and now - self.renewed_at >= self.profile.renewal_s:
            self._renew(now)

    def has_failed(self, now: float) -> bool:
        """It could not renew for so long that it ends what holds a lease."""
        return self.joined and (self.disowned or now - self.renewed_at >= self.profile.renewal_fail_s)

    def is_watchdog_due(self, now: float) -> bool:
        return self.joined and now - self.renewed_at >= self.profile.host_dead_s - 1

    def leave(self) -> None:
        """After a failure, once nothing holds a lease any more."""
        self.joined, self.joining_since, self.disowned = False, None, False
        self.watched.clear()

    def join_now(self, now: float) -> None:
        mine = self.volume.host_ids.setdefault(self.host_id, HostId())
        mine.generation += 1
        self.generation, self.joined, self.joining_since = mine.generation, True, None
        self._renew(now)

    def observed(self, now: float) -> tuple[LeaseState, int | None]:
        """What a look at the lease says here."""
        owner = self.volume.owner
        if not self.joined or not self.volume.lease_readable:
            return (LeaseState.UNREADABLE if self.joined else LeaseState.UNKNOWN), None
        if owner is None:
            return LeaseState.FREE, None
        return (LeaseState.EXPIRED if self._is_over(owner, now) else LeaseState.HELD), owner[0]

    def acquire(self, now: float) -> bool:
        """Take the engine's lease; False: it is held."""
        owner = self.volume.owner
        if not self.joined or not self.volume.lease_readable or (owner is not None and not self._is_over(owner, now)):
            return False
        self.volume.owner = (self.host_id, self.generation)
        self.volume.last_owner = self.host_id
        return True

    def owns(self) -> bool:
        return self.joined and self.volume.owner == (self.host_id, self.generation)

    def renewal_of(self, host_id: int) -> tuple[int, int]:
        """The generation and timestamp of another host's id, as they are on the disk."""
        theirs = self.volume.host_ids[host_id]
        return theirs.generation, theirs.timestamp

    def free_host_id(self, host_id: int, then: tuple[int, int] | None) -> bool:
        """Another life for a host that was confirmed off when its renewal was `then`; refused when it renewed since."""
        if then is None:
            return False
        theirs = self.volume.host_ids[host_id]
        if theirs.generation > then[0]:
            return True  # it has one already
        if self.renewal_of(host_id) != then:
            return False
        theirs.generation, theirs.timestamp = theirs.generation + 1, theirs.timestamp + 1
        return True

    def _join(self, now: float, works: bool) -> None:
        if not works:
            self.joining_since = None
        elif self.joining_since is None:
            self.joining_since = now
        elif now - self.joining_since >= JOIN_ROUNDS * self.profile.io_timeout_s:
            self.join_now(now)

    def _renew(self, now: float) -> None:
        """Renewing reads everybody's timestamp; that somebody lives is known from then on, not from when it wrote."""
        mine = self.volume.host_ids[self.host_id]
        self.disowned = mine.generation != self.generation
        if self.disowned:
            return
        mine.timestamp = max(mine.timestamp + 1, int(now) + 1)
        self.renewed_at = now
        for host_id, theirs in self.volume.host_ids.items():
            observed = self.watched.get(host_id)
            if observed is None or observed[:2] != (theirs.generation, theirs.timestamp):
                self.watched[host_id] = (theirs.generation, theirs.timestamp, now)

    def _is_over(self, owner: tuple[int, int], now: float) -> bool:
        """The owner has another life now, has given its host id back, or was not seen to renew for long enough."""
        host_id, generation = owner
        theirs = self.volume.host_ids[host_id]
        if theirs.generation != generation or theirs.timestamp == 0:
            return True
        observed = self.watched.get(host_id)
        if host_id == self.host_id or observed is None or observed[:2] != (theirs.generation, theirs.timestamp):
            return False
        return now - observed[2] > self.profile.host_dead_s
