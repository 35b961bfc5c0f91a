"""A link that comes and goes all the time is said so once, not each time; pure but for what it remembers."""

from collections import deque
from collections.abc import Iterable

from netconf.watch.events import EventKind, NetworkEvent

MANY, WITHIN_S = 6, 30.0
_CARRIER = (EventKind.UP, EventKind.DOWN, EventKind.BOND_PORT_UP, EventKind.BOND_PORT_DOWN, EventKind.SPEED)


class Damper:
    """After `MANY` changes of one link within `WITHIN_S` the rest of them is kept back until there are fewer."""

    def __init__(self) -> None:
        self._times: dict[str, deque[float]] = {}
        self._reported: set[str] = set()

    def damp(self, events: Iterable[NetworkEvent], now: float) -> tuple[NetworkEvent, ...]:
        """`now` never goes back."""
        return tuple(one for event in events if (one := self._one(event, now)) is not None)

    def rested(self, now: float) -> tuple[str, ...]:
        """The links of which something was kept back and that rest since; each once."""
        found = tuple(sorted(name for name in self._reported if now - self._times[name][-1] > WITHIN_S))
        self._reported.difference_update(found)
        return found

    def _one(self, event: NetworkEvent, now: float) -> NetworkEvent | None:
        name = event.interface
        if event.kind not in _CARRIER:
            return event
        times = self._times.setdefault(name, deque(maxlen=MANY))
        many = len(times) == MANY and now - times[0] < WITHIN_S
        times.append(now)
        if name in self._reported:
            return None
        if not many:
            return event
        self._reported.add(name)
        says = f"{name} comes and goes: {MANY} changes within {now - times[0]:.0f} s; it is not told of until it rests"
        return NetworkEvent(EventKind.FLAPPING, name, says, event.about)
