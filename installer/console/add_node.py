"""One more node for a site: by its address or found, compared by its words, and taken by its claim code."""

from dataclasses import replace
from functools import partial
from ipaddress import ip_interface

from installer.console import site_pages
from installer.console.menu import Entry
from installer.console.neighbours import MOST_SEARCHED, Presented
from installer.console.operator import Operator
from installer.console.pages import MenuPage
from installer.console.site_form import Member, other_member
from node.api.problems import Problem, Refused
from node.fingerprint import format_proquints

LETTERS = "123456789ABCDEFGHIJKLMNOP"


class NobodyFound(Refused):
    what = "No node was found"
    why = "at none of the addresses of {network} an agent waits to be claimed"
    mend = "See that the other nodes are on and what their own screens say, or add them by their addresses"


class TooWide(Refused):
    what = "No node was looked for"
    why = "{network} has {count} addresses, too many to ask them all"
    mend = "Add the nodes by their addresses: their own screens show them"


async def add_by_address(operator: Operator) -> None:
    assert operator.draft is not None
    neighbours, typed = operator.dependencies.neighbours, ""
    while (answers := await operator.ask(site_pages.address_page(operator.draft, typed))) is not None:
        typed = str(answers["address"])
        address = typed.partition("/")[0]
        try:
            presented = await operator.threaded(
                f"Asking {address} for its key ...",
                partial(neighbours.present, address),
            )
        except Problem as err:
            await operator.explain(err)
            continue
        if await _compare(operator, presented):
            return


async def discover_and_add(operator: Operator) -> None:
    """Raises NobodyFound, TooWide."""
    assert operator.draft is not None
    members, neighbours = operator.draft.members, operator.dependencies.neighbours
    network = ip_interface(members[0].address).network
    if network.version != 4 or network.num_addresses > MOST_SEARCHED:
        raise TooWide(network=network, count=network.num_addresses)
    known = {one.address.partition("/")[0] for one in members}
    found = await operator.threaded(f"Asking every address of {network} ...", lambda: neighbours.find(network, known))
    if not found:
        raise NobodyFound(network=network)
    shown = dict(zip(LETTERS, found, strict=False))
    entries = [
        Entry(key, one.name, f"{one.address}  {format_proquints(one.fingerprint)}") for key, one in shown.items()
    ]
    note = "These nodes wait to be claimed. Anybody can call himself so: compare the words with their own screens."
    while (entry := await operator.ask(MenuPage("Nodes that were found", note, entries))) is not None:
        if await _compare(operator, shown[entry.key]):
            return


async def _compare(operator: Operator, presented: Presented) -> bool:
    """True: it is a member of the draft now. False: the operator went back."""
    neighbours = operator.dependencies.neighbours
    while (said := await operator.ask(site_pages.fingerprint_page(presented))) is not None:
        code = str(said["claim_code"]).upper()
        try:
            identity = await operator.threaded(
                f"Asking {presented.name} what it brings ...",
                partial(neighbours.identity, presented, code),
            )
        except Problem as err:
            await operator.explain(err)
            continue
        assert operator.draft is not None
        like = operator.draft.members[0]
        _take(operator, other_member(presented.address, presented.fingerprint, identity, code, like))
        return True
    return False


def _take(operator: Operator, member: Member) -> None:
    assert operator.draft is not None
    operator.draft = replace(operator.draft, members=(*operator.draft.members, member))
