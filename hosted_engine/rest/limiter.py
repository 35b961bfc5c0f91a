"""How often strangers may ask: a burst, then so many questions a second, of each address and of all together."""

from collections.abc import Callable
from dataclasses import dataclass

from node.serving.connections import source_of

MOST_ADDRESSES = 1000


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many at once, and then so many a second."""

    burst: float
    rate: float


OF_ADDRESS, IN_ALL = Allowance(20.0, 1.0), Allowance(200.0, 20.0)
WRONG_CODES, WRONG_CODES_IN_ALL = Allowance(5.0, 1 / 60), Allowance(100.0, 1.0)


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float

    def left_at(self, now: float, allowed: Allowance) -> float:
        return min(allowed.burst, self.left + (now - self.at) * allowed.rate)

    def take(self, now: float, allowed: Allowance) -> bool:
        self.left, self.at = self.left_at(now, allowed), now
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Limiter:
    """`clock` never jumps. What is remembered is bounded: the address that asked longest ago is forgotten first."""

    def __init__(
        self, clock: Callable[[], float], of_address: Allowance = OF_ADDRESS, in_all: Allowance = IN_ALL
    ) -> None:
        self._clock = clock
        self._of_address, self._in_all = of_address, in_all
        self._addresses: dict[str, _Bucket] = {}
        self._all = _Bucket(in_all.burst, clock())

    def is_over(self, address: str) -> bool:
        """Whether this address has used up what it may; nothing counts by asking this."""
        bucket = self._addresses.get(source_of(address))
        return bucket is not None and bucket.left_at(self._clock(), self._of_address) < 1

    def allows(self, address: str) -> bool:
        """Whether this address may ask now; asking counts. An address over its own limit takes nothing from others."""
        source, now = source_of(address), self._clock()
        bucket = self._addresses.pop(source, None) or _Bucket(self._of_address.burst, now)
        self._addresses[source] = bucket
        if len(self._addresses) > MOST_ADDRESSES:
            del self._addresses[next(iter(self._addresses))]
        return bucket.take(now, self._of_address) and self._all.take(now, self._in_all)
