"""The page of the identity: the node's name, and who may sign in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from installer.screens.draft import Draft
from installer.screens.mistakes import identity_mistakes
from installer.screens.page import PROBLEMS, InstallPage, Move, text_of
from netconf.screens.controls import Row, TextLine
from netconf.screens.form import Form
from netconf.screens.plain import PlainText
from netconf.screens.trouble import TroublePage


class IdentityForm(Form):
    """A password that was given before is kept while both of its lines are empty."""

    checks_while_typing = True

    @dataclass
    class Filled(Message):
        pass

    def __init__(self, draft: Draft) -> None:
        super().__init__(
            {
                "host_name": Row("Host name", TextLine(draft.host_name)),
                "password": Row("Password of root", TextLine("", secret=True)),
                "again": Row("The same again", TextLine("", secret=True)),
                "ssh_key": Row("SSH key (public)", TextLine(draft.ssh_keys[0] if draft.ssh_keys else "")),
            }
        )
        self._draft = draft

    def mistakes(self) -> dict[str, str]:
        said = self.answers
        self._draft.host_name, key = said["host_name"], said["ssh_key"].strip()
        self._draft.ssh_keys = (*((key,) if key else ()), *self._draft.ssh_keys[1:])
        return identity_mistakes(self._draft, said["password"], said["again"])

    def show_mistakes(self) -> dict[str, str]:
        """What is half typed the second time is not wrong yet."""
        wrong = super().show_mistakes()
        said = self.answers
        if not self._checked and said["password"].startswith(said["again"]):
            self._rows["again"].show_mistake("")
        return wrong

    def fill(self) -> None:
        self.post_message(self.Filled())


class IdentityPage(InstallPage):
    heading = "3 of 5: Identity"
    key_hints = "Enter: go on   Tab, Up, Down: move   Esc: back   F1: help   F2: shell"
    page_help = """
Host name: short, in lower case, such as node1; the site and its certificates know the node by it.

Password: of root, for the console and for SSH. It is hashed at once (yescrypt), and kept nowhere in clear; going back
to this page you see it no more, and leaving both lines empty keeps it.

SSH key: a line of a file such as id_ed25519.pub, pasted into the terminal; it may be left empty. Without any key
nobody signs in over the network: the SSH service stays off.

One of the two, password or key, is needed."""

    def __init__(self, draft: Draft, hash_password: Callable[[str], Awaitable[str]]) -> None:
        super().__init__()
        self._draft, self._hash_password = draft, hash_password
        self._form = IdentityForm(draft)

    def body(self) -> ComposeResult:
        with Vertical(classes="body"):
            yield self._form
        kept = f"\n{_PASSWORD_GIVEN}" if self._draft.password_hash is not None else ""
        yield PlainText(f"{_KEYBOARD}{kept}", classes="hint")

    @work(exclusive=True)
    async def on_identity_form_filled(self) -> None:
        await self._save_password()
        self.go(Move.NEXT)

    def action_back(self) -> None:
        self._back()

    @work(exclusive=True)
    async def _back(self) -> None:
        """A password that is good goes with the answers, so that nobody has to type it again."""
        if not {"password", "again"} & self._form.mistakes().keys():
            await self._save_password()
        self.go(Move.BACK)

    async def _save_password(self) -> None:
        if text := self._form.answers["password"]:
            try:
                self._draft.password_hash = await self._hash_password(text)
            except PROBLEMS as err:
                await self.app.push_screen_wait(TroublePage(text_of(err)))


_KEYBOARD = """\
The machine's own keyboard is read as a US one, a serial line as its terminal
sends it: choose a password that is typed alike on both."""
_PASSWORD_GIVEN = "A password was given. It is kept as long as both lines for it are empty."
