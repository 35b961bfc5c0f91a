"""The questions in their order: forth by Enter, back by Esc, over one draft that loses nothing on the way."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from installer.environment import Environment
from installer.format_answers import format_document
from installer.screens.disks import DisksPage
from installer.screens.draft import Draft
from installer.screens.identity import IdentityPage
from installer.screens.network import NetworkPage
from installer.screens.network_test import NetworkTestPage
from installer.screens.page import PROBLEMS, Move, text_of
from installer.screens.review import ReviewPage
from installer.screens.role import RolePage
from installer.sysinfo import SysInfo
from netconf.screens.plain import Page
from netconf.screens.trouble import TroublePage

HIDDEN = "(as typed)"
Show = Callable[[Page[Any]], Awaitable[Any]]
Busy = Callable[[str], AbstractAsyncContextManager[None]]


class Interview:
    """`show` brings a page onto the screen and gives what it brings, `busy` shows a sentence meanwhile."""

    def __init__(
        self,
        environment: Environment,
        sysinfo: SysInfo,
        draft: Draft,
        show: Show,
        busy: Busy,
        *,
        start_over: bool = False,
    ) -> None:
        self._environment, self._sysinfo, self._draft, self._show = environment, sysinfo, draft, show
        self._busy, self._start_over = busy, start_over

    async def go(self, *, at_review: bool = False) -> Move:
        """NEXT: the installation has begun. BACK: before the first question. TAKEN: another console goes on."""
        stations = (self._disks, self._network, self._identity, self._role, self._review)
        place = len(stations) - 1 if at_review else 0
        while 0 <= place < len(stations):
            move = await stations[place]()
            if move is Move.TAKEN:
                return move
            place += {Move.NEXT: 1, Move.BACK: -1}.get(move, 0)
        return Move.NEXT if place else Move.BACK

    async def _disks(self) -> Move:
        return await self._ask(DisksPage(self._draft, self._sysinfo))

    async def _network(self) -> Move:
        """Tested once for each layout; back from the test is back to the answers."""
        move = await self._ask(NetworkPage(self._draft, self._sysinfo))
        if move is not Move.NEXT or self._draft.layout == self._draft.tested:
            return move
        move = await self._ask(NetworkTestPage(self._environment, self._draft.to_network(self._sysinfo.nics)))
        if move is Move.NEXT:
            self._draft.tested = self._draft.layout
        return Move.AGAIN if move is Move.BACK else move

    async def _identity(self) -> Move:
        return await self._ask(IdentityPage(self._draft, self._environment.hash_password))

    async def _role(self) -> Move:
        return await self._ask(RolePage(self._draft))

    async def _review(self) -> Move:
        """Over the machine as it is by now: a disk may have been plugged in, or written to in the shell."""
        try:
            async with self._busy("Looking at this machine once more, and making the plan ..."):
                self._sysinfo = await self._environment.sysinfo()
                answers = self._draft.to_answers_losing(self._sysinfo)
                prepared = await self._environment.plan(answers, start_over=self._start_over)
        except PROBLEMS as err:
            await self._show(TroublePage(text_of(err)))
            return Move.BACK
        move = await self._ask(ReviewPage(self._draft, prepared, self._text))
        if move is Move.NEXT:
            try:
                answers = self._draft.to_answers(self._sysinfo)
                async with self._busy("Beginning the installation ..."):
                    await self._environment.start(answers, start_over=self._start_over)
            except PROBLEMS as err:
                await self._show(TroublePage(text_of(err)))
                return Move.AGAIN
        return move

    def _text(self) -> str:
        """To be read and copied by others than who typed the join code."""
        document = self._draft.document(self._sysinfo.nics)
        if "join_code" in document["role"]:
            document["role"]["join_code"] = HIDDEN
        return format_document(document)

    async def _ask(self, page: Page[Move]) -> Move:
        move = await self._show(page)
        return move if isinstance(move, Move) else Move.TAKEN
