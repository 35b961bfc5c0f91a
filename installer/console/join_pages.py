"""The pages of joining a site: the engine's address, both sides' words, and what becomes of it."""

from collections.abc import Callable
from enum import StrEnum
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from installer.console.form import Answers as Typed
from installer.console.form import FormPage
from installer.console.formats import JOIN_KEYS, format_join, format_status
from installer.console.model import Own
from installer.rules.role import why_not_engine, why_not_join_code
from netconf.screens.controls import Flag, Row, TextLine
from netconf.screens.plain import WIDTH, Page, PlainText
from node.fingerprint import format_proquints
from node.registration.join_files import OVER, JoinStatus, WantedJoin

TITLE = "Join a site"
MARGINS = 3
SHOWN_EVERY_S = 1.0
ENGINE_NOTE = (
    "The engine of the site that this node is to join: its name or its address. It is asked for its key first, and for "
    "nothing else."
)


class Asked(StrEnum):
    BACK = "back"
    CANCEL = "cancel"


def engine_page(typed: str) -> FormPage:
    """`engine`."""

    def mistakes(answers: Typed) -> dict[str, str]:
        engine = str(answers["engine"])
        if not engine:
            return {"engine": "is missing: the name or the address of the engine"}
        reason = why_not_engine(engine)
        return {} if reason is None else {"engine": reason}

    return FormPage(TITLE, ENGINE_NOTE, {"engine": Row("Engine", TextLine(typed))}, mistakes)


def compare_page(engine: str, fingerprint: str, own: Own) -> FormPage:
    """`same`: the operator has compared; `join_code`, which may be empty."""
    note = (
        f"The engine at {engine} has these words:\n\n"
        f"    {format_proquints(fingerprint)}\n\n"
        "Compare them with those that its administrator sees (`trivet-join-codes words` in the "
        "engine's VM). When they are others, somebody is in between: go back and find out.\n\n"
        f"The words of this node, {own.name}, are\n\n"
        f"    {format_proquints(own.fingerprint)}\n\n"
        "The engine shows them with the host that waits for its approval. With a join code nobody has to approve it."
    )
    rows = {
        "same": Row("Compared", Flag("the engine's words are the same there", False)),
        "join_code": Row("Join code", TextLine("", secret=True)),
    }

    def mistakes(answers: Typed) -> dict[str, str]:
        found = {}
        if not answers["same"]:
            found["same"] = "compare the words first, then mark this with Space"
        code = str(answers["join_code"])
        if code and (reason := why_not_join_code(code)) is not None:
            found["join_code"] = reason
        return found

    return FormPage("Is this the engine?", note, rows, mistakes)


class JoinPage(Page[Asked]):
    """How it goes; `status` and `site` are asked every second."""

    heading = TITLE
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,escape,q,Q", "leave", show=False, priority=True),
        Binding("c,C", "cancel", show=False),
    ]
    DEFAULT_CSS = """
    JoinPage VerticalScroll { scrollbar-size: 0 1; background: ansi_default; }
    JoinPage #status { width: 1fr; height: auto; }
    """

    def __init__(
        self,
        own: Own,
        wanted: WantedJoin,
        status: Callable[[], JoinStatus | None],
        site: Callable[[], str | None],
    ) -> None:
        super().__init__()
        self._own, self._wanted, self._status, self._site = own, wanted, status, site
        self._text, self._is_over = PlainText(id="status"), False

    def body(self) -> ComposeResult:
        with VerticalScroll(classes="body"):
            yield self._text

    def on_mount(self) -> None:
        self._show()
        self.set_interval(SHOWN_EVERY_S, self._show)

    def _show(self) -> None:
        status, site = self._status(), self._site()
        if status is not None and status.attempt != self._wanted.attempt:
            status = None
        self._is_over = site is not None or (status is not None and status.state in OVER)
        parts = format_join(self._own, self._wanted, status, site)
        self._text.update(format_status(parts, WIDTH - MARGINS))
        self.show_keys("Enter: back" if self._is_over else JOIN_KEYS)

    def action_cancel(self) -> None:
        if not self._is_over:
            self.dismiss(Asked.CANCEL)

    def action_leave(self) -> None:
        self.dismiss(Asked.BACK)

    def leave(self) -> None:
        self.action_leave()
