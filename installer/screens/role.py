"""The page of the role: what becomes of the node after the installation."""

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from installer.answers import Role
from installer.screens.draft import Draft
from installer.screens.mistakes import role_mistakes
from installer.screens.page import InstallPage, Move
from netconf.screens.controls import Choice, Row, TextLine
from netconf.screens.form import Form
from netconf.screens.plain import PlainText

_LABELS = {Role.FIRST: "first node of a new site", Role.JOIN: "join a site", Role.LATER: "decide later"}
_EXPLANATIONS = {
    Role.FIRST: "After the restart the console goes on with creating a site: it asks for the\n"
    "other nodes and for the engine's address.",
    Role.JOIN: "After the restart the node asks that engine to take it, if its words are\n"
    "these. With a join code nobody has to approve the node; without one an\n"
    "administrator compares the node's own words, and approves it there.",
    Role.LATER: "The node belongs to no site. It can create one, or be taken into one that\n"
    "another node creates, at any time.",
}


class RoleForm(Form):
    checks_while_typing = True

    @dataclass
    class Filled(Message):
        pass

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        super().__init__(
            {
                "kind": Row("This node is to", Choice(list(_LABELS.values()), _LABELS[draft.role])),
                "engine": Row("Engine to join", TextLine(draft.engine)),
                "fingerprint": Row("Its four words", TextLine(draft.fingerprint)),
                "join_code": Row("Join code", TextLine(draft.join_code, secret=True)),
            }
        )

    @property
    def kind(self) -> Role:
        return next(kind for kind, words in _LABELS.items() if words == self.answers["kind"])

    def mistakes(self) -> dict[str, str]:
        return role_mistakes(self._draft)

    def adjust(self) -> None:
        said, draft = self.answers, self._draft
        draft.role, draft.engine, draft.fingerprint = self.kind, said["engine"], said["fingerprint"]
        draft.join_code = said["join_code"]
        for name in ("engine", "fingerprint", "join_code"):
            self._rows[name].display = self.kind is Role.JOIN

    def fill(self) -> None:
        self.post_message(self.Filled())


class RolePage(InstallPage):
    heading = "4 of 5: Role"
    key_hints = "Enter: go on   Left, Right: another role   Esc: back   F1: help"
    page_help = """
A site is a cluster of nodes with one engine, which manages them. It begins with its first node.

  first node   on one machine of the site: its console creates the site
  join         the site is there already; its engine shows four words, by
               which this node knows that it speaks to the right one. A join
               code may be left empty: then an administrator approves the node
  later        nothing more happens; all can be done at the node's console

In the engine's VM `trivet-join-codes add` makes a join code and
shows the engine's words; a code is good once, and goes to that engine alone."""

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self._draft, self._form, self._explanation = draft, RoleForm(draft), PlainText(id="means")

    def body(self) -> ComposeResult:
        with Vertical(classes="body"):
            yield self._form
            yield self._explanation

    def on_mount(self) -> None:
        self._form.styles.height = "auto"
        self._show()

    def on_form_changed(self) -> None:
        self._show()

    def on_role_form_filled(self) -> None:
        self.go(Move.NEXT)

    def _show(self) -> None:
        self._explanation.update(f"\n{_EXPLANATIONS[self._draft.role]}")
