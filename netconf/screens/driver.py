"""Textual on a serial line: few bytes, nothing that an old terminal does not know, and no noise that ends it."""

import asyncio
import contextlib
import curses
import fcntl
import os
import struct
import sys
import termios
from codecs import getincrementaldecoder
from collections.abc import Iterable
from concurrent.futures import wait
from selectors import EVENT_READ, SelectSelector
from typing import Any

from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key
from textual.message import Message
from textual.message_pump import MessagePump

from netconf.screens.terminal import LEFT, Terminal

_IDLE_S = 0.03  # a page comes in several frames
_PROBE_EVERY_S = 0.05
_AT_ONCE = 4096
_DEALT_WITH_S = 3  # what closes in this moment passes nothing on


class PlainDriver(LinuxDriver):
    """What Textual writes goes into a Terminal, whose news are sent when the line has taken those before: a slow line
    shows fewer frames, not older ones, and a line that takes nothing holds up nothing.
    """

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = False, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=False, size=size)
        self._terminal = Terminal(*super()._get_terminal_size())
        self._size = self._terminal.size  # of a line that knows none Rich believes 25 rows
        self._next: asyncio.TimerHandle | None = None

    def write(self, data: str) -> None:
        self._terminal.put(data)
        self._paint_soon()

    def redraw(self) -> None:
        """After noise, messages of the kernel, or when another terminal was plugged in."""
        self._terminal.forget()
        self._paint_soon()

    def start_application_mode(self) -> None:
        super().start_application_mode()  # type: ignore[no-untyped-call]
        super().write(_capability("smcup"))
        self.redraw()

    def stop_application_mode(self) -> None:
        super().stop_application_mode()
        if self._next is not None:
            self._next.cancel()
            self._next = None
        super().write(LEFT + _capability("rmcup"))

    def run_input_thread(self) -> None:
        """As Textual's, but for noise: what is no UTF-8 is left out, and takes no key with it."""
        parser, decoder = XTermParser(), getincrementaldecoder("utf-8")("ignore")
        with SelectSelector() as selector:
            selector.register(self.fileno, EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(_PROBE_EVERY_S):
                    heard = os.read(self.fileno, _AT_ONCE)
                    if not heard:
                        return
                    if text := decoder.decode(heard):
                        self._process(parser.feed(text))
                self._process(parser.tick())

    def _process(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self.process_message(message)

    def process_message(self, message: Message) -> None:
        """A key waits until the one before it has been dealt with. Widgets take some keys at once, others wander up to
        the application: of many that come together, from a fast hand or over a slow network, the order would be lost.
        """
        if not isinstance(message, Key):
            super().process_message(message)
            return
        typed = asyncio.run_coroutine_threadsafe(self._typed(message), self._loop)
        while not self.exit_event.is_set() and wait((typed,), _PROBE_EVERY_S).not_done:
            pass

    async def _typed(self, key: Key) -> None:
        key.set_sender(self._app)
        self._app.post_message(key)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DEALT_WITH_S):
                await _passed(self._app)
                for place in (self._app.focused or self._app.screen).ancestors_with_self:
                    await _passed(place)

    def _get_terminal_size(self) -> tuple[int, int]:
        """Asked at the start, and when the size has changed."""
        size = super()._get_terminal_size()
        if size != self._terminal.size:
            self._terminal = Terminal(*size)
        return size

    @classmethod
    def _patch_iflag(cls, attrs: int) -> int:
        """A cable that is plugged in or out sounds like a break, which is no interrupt here."""
        return (super()._patch_iflag(attrs) | termios.IGNBRK) & ~termios.BRKINT

    def _paint_soon(self) -> None:
        if self._next is None:
            self._next = self._loop.call_later(_IDLE_S, self._paint)

    def _paint(self) -> None:
        self._next = None
        if _left_to_send(self.fileno):
            self._paint_soon()
        elif news := self._terminal.updates():
            super().write(news)


async def _passed(place: MessagePump) -> None:
    """What was posted there before has been dealt with, or has been posted to the next place."""
    passed = asyncio.Event()
    if place.call_later(passed.set):
        await passed.wait()


def _left_to_send(line: int) -> int:
    """Bytes that wait in the kernel for the line to take them."""
    try:
        (count,) = struct.unpack("i", fcntl.ioctl(line, termios.TIOCOUTQ, bytes(4)))
    except OSError:
        return 0
    return int(count)


def _capability(name: str) -> str:
    """As terminfo knows it: window systems have a second screen, so that the shell's is there again afterwards."""
    try:
        curses.setupterm(fd=sys.__stderr__.fileno() if sys.__stderr__ is not None else 2)  # where Textual writes
    except curses.error:
        return ""
    return (curses.tigetstr(name) or b"").decode("ascii")
