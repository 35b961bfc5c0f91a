"""A VT220 at the other end of a line: shows what comes, types keys, and tells what a real one would not understand."""

import os
import re
import select
import time
from collections.abc import Callable
from contextlib import suppress

import pyte

SIZE = (80, 24)

# What screens have a use for; from the VT220 Programmer Reference Manual, chapter 4. The Linux console knows it, too.
_KNOWN = re.compile(
    rb"[\x20-\x7e\r\n\x08\x0f]"  # ASCII, SI
    rb"|\x1b\[(?:\d+(?:;\d+)?)?H"  # CUP
    rb"|\x1b\[[0-2]?[JK]"  # ED, EL
    rb"|\x1b\[(?:(?:0|1|4|5|7|22|24|25|27)(?:;(?:0|1|4|5|7|22|24|25|27))*)?m"  # SGR
    rb"|\x1b\[r|\x1b\[4l"  # DECSTBM, IRM
    rb"|\x1b\[\?(?:7|25)[hl]"  # DECAWM, DECTCEM
    rb"|\x1b\(B"  # ASCII as G0
)
_BEGUN = re.compile(rb"\x1b(?:\[[?\d;]*|\()?\Z")  # the rest is still on the line


def beyond(data: bytes) -> list[bytes]:
    """The parts that are not understood."""
    return [part for part in re.split(_KNOWN, data) if part]


def _screen() -> pyte.Screen:
    screen = pyte.Screen(*SIZE)
    for does in set(pyte.Stream.csi.values()):
        setattr(screen, does, _lenient(getattr(screen, does)))
    return screen


def _lenient(does: Callable[..., None]) -> Callable[..., None]:
    """Passes over what makes no sense, as a terminal does, where pyte would break off: on a line that is hung up in the
    middle of a sequence, the words of the next login are its end."""

    def tried(*numbers: int, **private: bool) -> None:
        with suppress(TypeError, UnboundLocalError):  # too many numbers, one without a meaning
            does(*numbers, **private)

    return tried


class Vt220:
    """`line` is a file descriptor. `heard` is all that ever came."""

    def __init__(self, line: int) -> None:
        self.received = b""
        self._line = line
        self._screen = _screen()
        self._stream = pyte.ByteStream(self._screen)

    @property
    def text(self) -> str:
        """What stands on the screen, without blanks at the ends of lines."""
        return "".join(f"{line.rstrip()}\n" for line in self._screen.display)

    @property
    def reversed(self) -> str:
        """Of that, what is marked by reverse video."""
        rows = (self._screen.buffer[y] for y in range(SIZE[1]))
        return "\n".join("".join(row[x].data if row[x].reverse else "" for x in range(SIZE[0])) for row in rows).strip()

    def scribble(self, text: str) -> None:
        """As if it had come over the line."""
        self._stream.feed(text.encode())

    def type(self, *keys: str) -> None:
        for key in keys:
            self.send(key.encode())

    def send(self, data: bytes) -> None:
        os.write(self._line, data)

    def hear(self, within_s: float) -> bytes:
        """Empty when nothing came in that time. Raises OSError when the line is gone."""
        if not select.select([self._line], [], [], within_s)[0]:
            return b""
        data = os.read(self._line, 65536)
        if not data:
            raise ConnectionError("the line was cut")
        self.received += data
        self._stream.feed(data)
        return data

    def beyond(self, within_s: float = 10) -> list[bytes]:
        """The parts of all that came that are not understood; the rest of a sequence that has begun is waited for."""
        while _BEGUN.search(self.received) and self.hear(within_s):
            pass
        return beyond(self.received)

    def until(self, *texts: str, within_s: float = 60) -> str:
        """What stands there as soon as all of `words` are part of it."""
        last = time.monotonic() + within_s
        while not all(word in self.text for word in texts):
            if not self.hear(max(0.0, last - time.monotonic())) and time.monotonic() > last:
                raise AssertionError(f"never said {texts!r}:\n{self.text}")
        return self.text

    def costs(self, *keys: str, quiet_s: float = 1) -> int:
        """How many bytes came because of these keys, until nothing more did for a while."""
        before = len(self.received)
        self.type(*keys)
        while self.hear(quiet_s):
            pass
        return len(self.received) - before
