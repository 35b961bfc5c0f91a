"""A deploy with its progress on the screen: what goes on now above, what is done below. It can be stopped and gone on
with: here, after the console was killed, or by `trivet deploy`."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.message import Message

from hosted_engine.deploy.bring_up import is_whole
from hosted_engine.deploy.progress import ProgressReporter, is_passing
from hosted_engine.deploy.run import Done
from netconf.screens.plain import Page, PlainText
from node.api.problems import Problem
from node.clock import Clock

MOST_LINES = 500
STOPPED = "Stopped. Enter goes on from there; so does `trivet deploy` with the same answers."
RUNNING = "Esc: stop   Up, Down: scroll"
SURE = "Stop it? What is done stays done, and it can be gone on with.   S: stop"
Begin = Callable[[ProgressReporter], Awaitable[Done]]


class DeployPage(Page[bool]):
    """Runs `begin` in a thread with a loop of its own. True: the site is up."""

    heading = "The site is being made"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_on", show=False, priority=True),
        Binding("escape", "ask_to_stop", show=False),
        Binding("s,S", "stop", show=False),
    ]
    DEFAULT_CSS = """
    DeployPage #now { height: auto; max-height: 4; text-style: bold; margin-bottom: 1; }
    DeployPage VerticalScroll { scrollbar-size: 0 1; background: ansi_default; height: 1fr; }
    DeployPage #log { width: 1fr; height: auto; }
    """

    @dataclass
    class LineReported(Message):
        line: str

    @dataclass
    class Ended(Message):
        """`lines` say how, `up`: the site is."""

        lines: tuple[str, ...]
        up: bool

    def __init__(self, begin: Begin, clock: Clock) -> None:
        super().__init__()
        self._begin, self._clock = begin, clock
        self._lines: list[str] = []
        self._deploying, self._up, self._asked_to_stop = False, False, False
        self._deploy_loop: asyncio.AbstractEventLoop | None = None
        self._deploy_task: asyncio.Task[Done] | None = None
        self._now, self._log_text = PlainText(id="now"), PlainText(id="log")
        self._scroll = VerticalScroll()

    def body(self) -> ComposeResult:
        with Vertical(classes="body"):
            yield self._now
            with self._scroll:
                yield self._log_text

    def on_mount(self) -> None:
        self._scroll.focus()
        self._start()

    def on_deploy_page_line_reported(self, event: LineReported) -> None:
        line = event.line.replace("…", "...")
        if is_passing(event.line):
            self._now.update(line)
        else:
            self._append(line)

    def on_deploy_page_ended(self, event: Ended) -> None:
        self._deploying, self._up = False, event.up
        self._now.update("The site is up." if event.up else "This did not come to its end.")
        for line in event.lines:
            self._append(line)
        self.show_keys("Enter: go on" if event.up else "Enter: go on with it   Esc: back")

    def action_go_on(self) -> None:
        if self._deploying:
            return
        if self._up:
            self.dismiss(True)
        else:
            self._start()

    def action_ask_to_stop(self) -> None:
        if not self._deploying:
            self.dismiss(self._up)
            return
        self._asked_to_stop = not self._asked_to_stop
        self.show_keys(SURE if self._asked_to_stop else RUNNING)

    def action_stop(self) -> None:
        """A step that is cut short is done again later, and nothing is lost."""
        if self._deploying and self._asked_to_stop and self._deploy_loop is not None and self._deploy_task is not None:
            self.show_keys("Stopping ...")
            self._deploy_loop.call_soon_threadsafe(self._deploy_task.cancel)

    def leave(self) -> None:
        self.action_ask_to_stop()

    def _start(self) -> None:
        self._deploying, self._asked_to_stop = True, False
        self._now.update("Looking at what is there ...")
        self.show_keys(RUNNING)
        self._run()

    def _append(self, line: str) -> None:
        self._lines = [*self._lines[-MOST_LINES:], line]
        self._log_text.update("\n".join(self._lines))
        self.call_after_refresh(self._scroll.scroll_end, animate=False)

    @work(thread=True, exit_on_error=False)
    def _run(self) -> None:
        try:
            done = asyncio.run(self._cancellable())
        except asyncio.CancelledError:
            self.post_message(self.Ended((STOPPED,), False))
        except Problem as err:
            text = err.text
            self.post_message(self.Ended((f"{text.what}", f"  why:  {text.why}", f"  mend: {text.mend}"), False))
        except Exception as err:  # noqa: BLE001 - the outermost of this thread: whatever it is, the screen says it
            self.post_message(self.Ended((f"It broke off: {type(err).__name__}: {err}",), False))
        else:
            lines = () if is_whole(done) else ("The storage is not whole yet: see Volumes on the status page",)
            self.post_message(self.Ended(lines, True))

    async def _cancellable(self) -> Done:
        self._deploy_loop, self._deploy_task = asyncio.get_running_loop(), asyncio.current_task()
        return await self._begin(ProgressReporter(self._report, self._clock))

    def _report(self, line: str) -> None:
        self.post_message(self.LineReported(line))
