"""The installer on a terminal: looks at the machine, asks, shows the installation; on several terminals at once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import msgspec
from textual import work
from textual.app import SuspendNotSupported
from textual.binding import Binding, BindingType

from installer.environment import Environment, OneConsole, Session
from installer.interview import Interview
from installer.screens.beginning import ElsewherePage, LeavePage, LookingPage, RestartPage, UnfinishedPage
from installer.screens.done import DonePage
from installer.screens.draft import Draft, decode, draft_of, proposed
from installer.screens.page import PROBLEMS, HelpPage, InstallPage, Move, help_text, text_of
from installer.screens.progress import ProgressPage
from installer.screens.welcome import WelcomePage
from installer.sysinfo import SysInfo
from netconf.screens.plain import Page, PlainApp
from netconf.screens.trouble import TroublePage
from netconf.uptime import uptime_s


class InstallApp(PlainApp[None]):
    """Ends when the operator leaves, or when the machine restarts. The installation itself goes on without it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1,ctrl+g", "help", priority=True),
        Binding("f2,ctrl+t", "shell", priority=True),
    ]

    def __init__(
        self,
        environment: Environment,
        session: Session | None = None,
        *,
        clock: Callable[[], float] = uptime_s,
        again_s: float = 1.0,
    ) -> None:
        super().__init__()
        self._environment, self._session = environment, session or OneConsole()
        self._clock, self._again_s = clock, again_s
        self._draft: Draft | None = None
        self._starts_over = False

    def on_mount(self) -> None:
        self.set_interval(self._again_s, self._follow_others)
        self._go()

    @work
    async def _go(self) -> None:
        while True:
            try:
                if self._environment.is_running():
                    await self._watch()
                elif (other := self._session.elsewhere()) is not None:
                    if await self._show(ElsewherePage(other)) is Move.NEXT:
                        await self._take_over()
                else:
                    await self._begin()
            except PROBLEMS as err:
                await self._show(TroublePage(text_of(err)))

    async def _begin(self) -> None:
        async with self._busy("Looking at this machine: disks, network cards, firmware ..."):
            sysinfo = await self._environment.sysinfo()
            findings = await self._environment.findings(sysinfo)
            half = await self._environment.unfinished()
        if half is not None and not self._starts_over:
            move = await self._show(UnfinishedPage(half))
            if move is Move.NEXT:
                await self._environment.start(await self._environment.earlier_answers(half), start_over=False)
            if move is not Move.AGAIN:
                return
            self._starts_over = True
            if half.answers is not None:
                self._session.save(draft_of(half.answers, sysinfo).encode())
        if await self._show(WelcomePage(sysinfo, findings)) is Move.NEXT:
            await self._ask(sysinfo)

    async def _take_over(self) -> None:
        """The other console hands over what was typed last, as soon as it sees that; one that hangs does not."""
        self._session.take()
        async with self._busy("Taking over the answers ..."):
            await asyncio.sleep(2 * self._again_s)
            sysinfo = await self._environment.sysinfo()
        await self._ask(sysinfo)

    async def _ask(self, sysinfo: SysInfo, *, at_review: bool = False) -> None:
        self._session.take()
        self._draft = self._saved() or proposed(sysinfo)
        try:
            interview = Interview(
                self._environment, sysinfo, self._draft, self._show, self._busy, start_over=self._starts_over
            )
            await interview.go(at_review=at_review)
        finally:
            self._save()
            self._draft = None

    async def _watch(self) -> None:
        """The installation, whoever began it; then what came of it."""
        installed = await self._show(ProgressPage(self._environment, clock=self._clock))
        if installed is None:
            await self._after_failure()
            return
        draft = self._saved()
        if await self._show(DonePage(installed, draft.role if draft is not None else None)) is Move.NEXT:
            await self.push_screen(RestartPage("The machine restarts ..."))
            await self._environment.reboot()
            self.exit()

    async def _after_failure(self) -> None:
        """What can be resumed is offered like one that was cut off; else the review is there again."""
        self._starts_over = False
        if self._session.elsewhere() is None and self._saved() and await self._environment.unfinished() is None:
            await self._ask(await self._environment.sysinfo(), at_review=True)

    async def _show(self, page: Page[Any]) -> Any:
        if self._draft is not None and self._session.is_here():
            self._session.take(page.heading)
        return await self.push_screen_wait(page)

    @asynccontextmanager
    async def _busy(self, message: str) -> AsyncIterator[None]:
        await self.push_screen(LookingPage(message))
        try:
            yield
        finally:
            self.pop_screen()

    def _saved(self) -> Draft | None:
        """None also for one of another version."""
        try:
            return decode(data) if (data := self._session.load()) else None
        except msgspec.DecodeError:
            return None

    def _save(self) -> None:
        if self._draft is not None and self._session.is_here():
            self._session.save(self._draft.encode())

    def _follow_others(self) -> None:
        """What another console does: it takes over, leaves, or begins the installation."""
        self._save()
        page = next((page for page in reversed(self.screen_stack) if isinstance(page, InstallPage)), None)
        if page is None or isinstance(page, DonePage):
            return
        other, runs = self._session.elsewhere(), self._environment.is_running()
        if isinstance(page, ElsewherePage) and other is not None and not runs:
            page.show(other)
        elif runs or (other is not None) != isinstance(page, ElsewherePage):
            self._take_away(page)

    def _take_away(self, page: InstallPage) -> None:
        if self._draft is not None:
            self._session.save(self._draft.encode())  # what was typed last is for who goes on
            self._draft = None
        if self.screen is page:
            page.go(Move.TAKEN)
        else:
            self.screen.dismiss(None)  # what lies over it; the page itself the next time

    def action_help(self) -> None:
        if text := getattr(self.screen, "page_help", ""):
            self.push_screen(HelpPage(help_text(text)))

    def action_shell(self) -> None:
        try:
            with self.suspend():
                self._environment.shell()
        except SuspendNotSupported:
            self.bell()

    @work
    async def action_ask_to_leave(self) -> None:
        if await self.push_screen_wait(LeavePage()):
            self._session.leave()
            self.exit()
