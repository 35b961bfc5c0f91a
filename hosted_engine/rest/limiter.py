"""How often strangers may ask: a burst, then so many questions a second, of each address and of all together."""

from collections.abc import Callable
from dataclasses import dataclass

from node.serving.connections import source_of

OF_ADDRESS_BURST, OF_ADDRESS_RATE = 20.0, 1.0
IN_ALL_BURST, IN_ALL_RATE = 200.0, 20.0
MOST_ADDRESSES = 1000


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float

    def take(self, now: float, burst: float, rate: float) -> bool:
        self.left = min(burst, self.left + (now - self.at) * rate)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Limiter:
    """`clock` never jumps. What is remembered is bounded: the address that asked longest ago is forgotten first."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._addresses: dict[str, _Bucket] = {}
        self._all = _Bucket(IN_ALL_BURST, clock())

    def allows(self, address: str) -> bool:
        """Whether this address may ask now; asking counts. An address over its own limit takes nothing from others."""
        source, now = source_of(address), self._clock()
        bucket = self._addresses.pop(source, None) or _Bucket(OF_ADDRESS_BURST, now)
        self._addresses[source] = bucket
        if len(self._addresses) > MOST_ADDRESSES:
            del self._addresses[next(iter(self._addresses))]
        return bucket.take(now, OF_ADDRESS_BURST, OF_ADDRESS_RATE) and self._all.take(now, IN_ALL_BURST, IN_ALL_RATE)
