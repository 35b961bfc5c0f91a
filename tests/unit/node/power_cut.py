"""A power cut before any line of what is being tested."""

import sys
from collections.abc import Callable, Collection
from types import FrameType
from typing import Any


class PowerCut(BaseException):
    """Nothing catches it, as nothing catches the real one."""


def cut(line: int, work: Callable[[], object], files: Collection[str]) -> bool:
    """Pull the plug before the `line`th line that `work` runs in `files`; False when the work ended before."""
    left = line

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal left
        if frame.f_code.co_filename not in files:
            return None
        if event == "line":
            left -= 1
            if left < 0:
                raise PowerCut
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    except PowerCut:
        return True
    finally:
        sys.settrace(before)
    return False
