"""A network in memory behind netconf's seam: changes take effect at once and go back unless confirmed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from netconf.backend import NOTHING
from netconf.errors import BackendMissing, ChangeFailed, ChangePending, CheckpointGone
from netconf.model import Checkpoint, Interface, NetworkState
from netconf.planning.completion import complete
from netconf.planning.plan import Step


@dataclass
class FakeNetwork:
    """`expire()` is what the time-out does; `fails` makes the next change fail, `dead` that nobody answers."""

    now: NetworkState
    saved: NetworkState = field(default_factory=NetworkState)
    pending: Checkpoint | None = None
    made: set[Checkpoint] = field(default_factory=set)
    confirmed: list[Checkpoint] = field(default_factory=list)
    foreign: bool = False
    fails: bool = False
    dead: bool = False
    number: int = 0
    expired_rollbacks: int = 0
    resumed: int = 0
    name: str = "fake"
    plugged: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.saved = self.now

    async def answers(self) -> bool:
        return not self.dead

    async def show(self) -> NetworkState:
        self._need_life()
        return self.now

    async def roll_back_unconfirmed(self, plugged: Mapping[str, str] = NOTHING) -> None:
        self._need_life()
        self.expired_rollbacks += 1
        self.plugged = dict(plugged)
        if self.foreign:
            raise ChangePending()
        self.expire()

    async def wait_idle(self) -> None:
        self._need_life()

    async def resume(self) -> None:
        self._need_life()
        self.resumed += 1

    async def apply(self, desired: NetworkState, steps: tuple[Step, ...], confirm_within_s: int) -> Checkpoint:
        self._need_life()
        if self.pending is not None:
            raise ChangePending()
        if self.fails:
            raise ChangeFailed(reason="it was told to fail", now="the earlier configuration is back")
        self.number += 1
        self.now = _merged(complete(desired, self.now), self.now)
        self.pending = Checkpoint(f"{self.number}/{self.name}")
        self.made.add(self.pending)
        return self.pending

    async def confirm(self, checkpoint: Checkpoint) -> None:
        if checkpoint not in self.made:
            raise CheckpointGone()
        self._need_life()
        if checkpoint in self.confirmed:
            return
        if checkpoint != self.pending:
            raise CheckpointGone()
        self.saved, self.pending = self.now, None
        self.confirmed.append(checkpoint)

    async def roll_back(self, checkpoint: Checkpoint) -> None:
        if checkpoint not in self.made:
            raise CheckpointGone()
        self._need_life()
        if checkpoint in self.confirmed:
            raise CheckpointGone()
        if checkpoint == self.pending:
            self.expire()

    def _need_life(self) -> None:
        if self.dead:
            raise BackendMissing(reason="it is dead")

    def expire(self) -> None:
        self.now, self.pending = self.saved, None


def _merged(desired: NetworkState, now: NetworkState) -> NetworkState:
    """What the wish makes of the present, as far as the plan looks at it."""
    owner = {port: i.name for i in desired.interfaces if i.bridge for port in i.bridge.ports or ()}
    found = {i.name: i for i in now.interfaces}
    for interface in desired.interfaces:
        found[interface.name] = _over(interface, found.get(interface.name))
    for port, bridge in owner.items():
        found[port] = replace(found[port], controller=bridge)
    kept = tuple(r for r in now.routes or () if r.interface not in owner)  # a port has no routes
    routes = (*kept, *(r for r in desired.routes or () if r not in kept))
    return NetworkState(tuple(found.values()), routes, desired.dns if desired.dns is not None else now.dns)


def _over(desired: Interface, observed: Interface | None) -> Interface:
    if observed is None:
        return desired
    changes = {
        key: getattr(desired, key)
        for key in ("mac", "mtu", "ipv4", "ipv6", "bridge")
        if getattr(desired, key) is not None
    }
    return replace(observed, state=desired.state, **changes)
