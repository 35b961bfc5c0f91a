"""Another password for root of this node."""

from hosted_engine.deploy.rules.numbers import why_not_password
from installer.console.form import Answers, FormPage
from installer.console.operator import Operator
from installer.console.pages import TextPage
from netconf.screens.controls import Row, TextLine

SHORTEST = 8
NOTE = "With it root signs in at this console and in its shell. The site's own administrator has another one."


async def change_password(operator: Operator) -> None:
    rows = {"new": Row("New password", TextLine("", secret=True)), "again": Row("Again", TextLine("", secret=True))}
    typed = await operator.ask(FormPage("Password of root", NOTE, rows, mistakes))
    if typed is None:
        return
    root, new = operator.dependencies.root, str(typed["new"])
    await operator.threaded("Setting the password ...", lambda: root.set_password(new))
    await operator.ask(TextPage("Password of root", "The password is changed."))


def mistakes(typed: Answers) -> dict[str, str]:
    new, again = str(typed["new"]), str(typed["again"])
    if (reason := why_not_password(new)) is not None:
        return {"new": reason}
    if len(new) < SHORTEST:
        return {"new": f"it is shorter than {SHORTEST} characters"}
    return {} if new == again else {"again": "this is not the same"}
