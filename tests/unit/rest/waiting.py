"""Waits for what the engine does after its answer."""

import time
from collections.abc import Callable


def until(done: Callable[[], bool]) -> None:
    for _ in range(500):
        if done():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come about")
