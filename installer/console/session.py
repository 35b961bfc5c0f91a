"""Who stands at the console may look; what changes something asks for root's password, once in a session."""

import time
from collections.abc import Callable

IDLE_S = 600.0


class Session:
    """`open_for_good`: root has signed in already, in the shell that began the console. Else `unlock` opens it until
    nobody has pressed a key for ten minutes."""

    def __init__(self, *, open_for_good: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self.open_for_good, self._clock = open_for_good, clock
        self._open, self._touched_at = False, 0.0

    @property
    def is_open(self) -> bool:
        return self.open_for_good or (self._open and self._clock() - self._touched_at <= IDLE_S)

    def unlock(self) -> None:
        self._open, self._touched_at = True, self._clock()

    def lock(self) -> None:
        self._open = False

    def touch(self) -> None:
        """A key was pressed."""
        if self.is_open:
            self._touched_at = self._clock()
