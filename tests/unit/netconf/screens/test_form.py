"""A form that checks while somebody types, and a line whose text is not shown."""

from textual.app import ComposeResult

from netconf.screens.controls import Row, TextLine
from netconf.screens.form import Form
from netconf.screens.plain import PlainApp
from tests.unit.netconf.screens.console import SIZE, press, text, until


class _Numbers(Form):
    checks_while_typing = True
    filled = 0

    def mistakes(self) -> dict[str, str]:
        wrong = {name: "is no number" for name, answer in self.answers.items() if not answer.isdecimal()}
        return wrong | ({"": "both are the same"} if len(set(self.answers.values())) == 1 and not wrong else {})

    def fill(self) -> None:
        self.filled += 1


class _App(PlainApp[None]):
    def __init__(self, form: Form) -> None:
        super().__init__()
        self._form, self.changes = form, 0

    def compose(self) -> ComposeResult:
        yield self._form

    def on_form_changed(self) -> None:
        self.changes += 1


async def test_a_mistake_stands_below_what_was_answered_and_nowhere_else_until_enter() -> None:
    form = _Numbers({"one": Row("One", TextLine("")), "other": Row("Other", TextLine("", secret=True))})
    async with (app := _App(form)).run_test(size=SIZE) as pilot:
        await until(pilot, "> One")
        assert "!" not in text(app)
        await press(pilot, "x")
        await until(pilot, "! is no number")
        assert text(app).count("!") == 1
        await press(pilot, "backspace", "1", "enter")
        await until(pilot, "> Other")
        assert text(app).count("! is no number") == 1
        await press(pilot, "1", "enter")
        await until(pilot, "! both are the same")
        assert form.filled == 0
        await press(pilot, "2", "enter")
        assert (form.filled, form.answers, app.changes) == (1, {"one": "1", "other": "12"}, 5)
        assert "[** " in text(app)
