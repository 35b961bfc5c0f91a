"""Maintenance of this host: the engine is given away and none is taken, as `trivet ha maintenance local` does it."""

from hosted_engine.ha.site_reader import SiteReader
from installer.console.form import FormPage
from installer.console.menu import Entry
from installer.console.operator import Operator
from installer.console.pages import MenuPage
from installer.console.status_parts import is_member
from netconf.screens.controls import Row, TextLine
from node.api.problems import Refused
from node.ha_service import read_maintenance

NOTE = (
    "In maintenance this host gives the engine away to another host and takes none. Its bricks and other VMs run on: "
    "move the VMs away in the API before the host is switched off. The API shows the host as in maintenance."
)


class NoSite(Refused):
    what = "There is no maintenance to begin or end"
    why = "this node is in no site"
    mend = "Create a site first"


async def maintain(operator: Operator) -> None:
    settings = operator.dependencies.settings()
    if not is_member(settings):
        raise NoSite
    look, reason = SiteReader(settings), read_maintenance(settings.ha_folder)
    if reason is None:
        row = Row("Reason", TextLine(""))
        page = FormPage("Begin maintenance", NOTE, {"reason": row}, lambda typed: _mistakes(str(typed["reason"])))
        if (typed := await operator.ask(page)) is not None:
            look.set_local_maintenance(True, str(typed["reason"]))
        return
    note = f"This host is in maintenance{f': {reason}' if reason else ''}."
    if await operator.ask(MenuPage("Maintenance", note, [Entry("E", "End it", "this host may take the engine again")])):
        look.set_local_maintenance(False)


def _mistakes(reason: str) -> dict[str, str]:
    """It may be left out."""
    return {} if reason.isprintable() else {"reason": "holds control characters"}
