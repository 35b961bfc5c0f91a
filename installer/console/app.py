"""The console as an application: the status, from there the menu, from there what was chosen."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import TypeVar

from textual import work
from textual.events import Event, Key

from installer.console.actions import ACTIONS
from installer.console.dependencies import Dependencies
from installer.console.form import FormPage
from installer.console.intended import intended_key
from installer.console.menu import Entry
from installer.console.operator import Action
from installer.console.pages import MenuPage, WaitPage
from installer.console.site_form import SiteForm
from installer.console.status_page import Asked, StatusPage
from installer.console.status_part import Watch, describe
from netconf.errors import Text
from netconf.screens.controls import Row, TextLine
from netconf.screens.plain import Page, PlainApp
from netconf.screens.trouble import TroublePage
from node.api.problems import Failed, Problem

T = TypeVar("T")


class ConsoleApp(PlainApp[None]):
    """Implements installer.console.operator.Operator for the actions, which are called from its workers."""

    def __init__(self, dependencies: Dependencies) -> None:
        super().__init__()
        self.dependencies = dependencies
        self.draft: SiteForm | None = None
        self._watches = [Watch(status_part) for status_part in dependencies.status_parts]

    def on_mount(self) -> None:
        for watch in self._watches:
            watch.start()
        self._go()

    async def on_event(self, event: Event) -> None:
        if isinstance(event, Key):
            self.dependencies.session.touch()
        await super().on_event(event)

    async def ask(self, page: Page[T]) -> T | None:
        """Show `page` until it brings its answer."""
        return await self.push_screen_wait(page)

    async def explain(self, problem: Problem) -> None:
        await self.push_screen_wait(TroublePage(Text(problem.text.what, problem.text.why, problem.text.mend)))

    async def threaded(self, message: str, act: Callable[[], T]) -> T:
        """What `act` gives; meanwhile the screen says what is waited for. `act` has a time limit of its own."""
        page = WaitPage(message)
        await self.push_screen(page)
        try:
            return await asyncio.to_thread(act)
        finally:
            if self.screen is page:
                self.pop_screen()

    def outside(self, argv: Sequence[str], *, pauses: bool = False) -> None:
        with nullcontext() if self.is_headless else self.suspend():
            self.dependencies.outside(argv, pauses)

    @work
    async def _go(self) -> None:
        if (place := self._intended()) is not None:
            await self._menu(place)
        while True:
            page = StatusPage(self._watches, may_leave=self.dependencies.may_leave)
            match await self.push_screen_wait(page):
                case Asked.LEAVE:
                    break
                case Asked.LOCK:
                    self.dependencies.session.lock()
                case _:
                    await self._menu()
        self.exit()

    def _intended(self) -> int | None:
        """The action that the installation was told this node is for."""
        key = intended_key(self.dependencies.root_folder / "state", self.dependencies.settings)
        return next((number for number, action in enumerate(ACTIONS) if action.entry.key == key), None)

    async def _menu(self, place: int = 0) -> None:
        while True:
            entries = self._entries()
            entry = await self.push_screen_wait(MenuPage("What can be done", self._standing(), entries, place))
            if entry is None:
                return
            place = entries.index(entry)
            await self._do(ACTIONS[place])

    def _entries(self) -> list[Entry]:
        """Marked where root's password is asked for."""
        if self.dependencies.session.is_open:
            return [action.entry for action in ACTIONS]
        return [replace(one.entry, title=f"{one.entry.title} *") if one.changes else one.entry for one in ACTIONS]

    def _standing(self) -> str:
        session = self.dependencies.session
        if session.open_for_good:
            return ""
        if session.is_open:
            return "Unlocked until nobody has pressed a key for ten minutes."
        return "What changes something (*) asks for root's password first."

    async def _do(self, action: Action) -> None:
        try:
            if action.changes and not await self._unlocked():
                return
            await action.do(self)
        except Problem as err:
            await self.explain(err)
        except Exception as err:  # noqa: BLE001 - the outermost loop: whatever is broken, the console goes on
            await self.explain(NotDone(title=action.entry.title, reason=describe(err)))

    async def _unlocked(self) -> bool:
        """Raises NoPassword, NotRoot."""
        session, root = self.dependencies.session, self.dependencies.root
        if session.is_open:
            return True
        if (problem := root.why_not_usable()) is not None:
            raise problem
        note = "This changes the node. Root's password opens it for this session."
        while (answers := await self.ask(_password_page(note))) is not None:
            password = str(answers["password"])
            if await self.threaded("The password is being checked ...", partial(root.is_password, password)):
                session.unlock()
                return True
            note = "That is not root's password. Try again."
        return False


class NotDone(Failed):
    what = "{title}: this did not succeed"
    why = "{reason}"
    mend = "This needs root on a node of Trivet; look into the journal if it is one"


def _password_page(note: str) -> FormPage:
    row = Row("Password of root", TextLine("", secret=True))
    return FormPage("Password of root", note, {"password": row}, lambda _: {})
