"""Proves that who sends a signed text has it made now: it has to contain a word that the engine gave a moment ago."""

import hashlib
import hmac
import secrets
from collections.abc import Callable

GOOD_S = 300.0
MOST_REMEMBERED = 10_000


class Challenges:
    """Each is for one key, once, and for a while: nothing has to be kept of those that were given. `clock` never
    jumps."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._number = 0
        self._used: dict[str, int] = {}

    def give(self, fingerprint: str) -> str:
        self._number += 1
        head = f"{self._clock():.0f}.{self._number}"
        return f"{head}.{self._mac(head, fingerprint)}"

    def take(self, challenge: str, fingerprint: str) -> bool:
        """Whether it was given for this key, not long ago, and nothing given then or later was taken before."""
        head, _, mac = challenge.rpartition(".")
        if not hmac.compare_digest(mac.encode(), self._mac(head, fingerprint).encode()):
            return False
        at, _, number = head.partition(".")
        if self._clock() - float(at) > GOOD_S or int(number) <= self._used.get(fingerprint, 0):
            return False
        self._used.pop(fingerprint, None)
        self._used[fingerprint] = int(number)
        if len(self._used) > MOST_REMEMBERED:
            del self._used[next(iter(self._used))]
        return True

    def _mac(self, head: str, fingerprint: str) -> str:
        return hmac.new(self._key, f"{head} {fingerprint}".encode(), hashlib.sha256).hexdigest()
