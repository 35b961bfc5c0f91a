"""The forms of a new site: another node's address, its words and claim code, what a node brings, and the engine."""

from dataclasses import replace

from hosted_engine.deploy.rules.numbers import why_not_claim_code
from installer.console.form import Answers as Typed
from installer.console.form import FormPage
from installer.console.neighbours import Presented
from installer.console.site_form import Member, SiteForm, member_mistakes, site_mistakes
from netconf.screens.controls import Flag, Row, TextLine
from node.fingerprint import format_proquints

ADDRESS_NOTE = (
    "The address of another node, as its own screen shows it. It has to be on and in no site yet; this node asks it "
    "for its key."
)
NODE_NOTE = "What {name} brings into the site. It was read from the node itself; change it where you know better."
SITE_NOTE = (
    "The engine is a VM that runs on these nodes and serves the API. Its name has to lead to its address for whoever "
    "uses the API; nobody else may have that address."
)


def address_page(form: SiteForm, typed: str = "") -> FormPage:
    """`address`, of one more node."""
    blank = Member("", "", "", "", "", "", "")

    def mistakes(answers: Typed) -> dict[str, str]:
        address = str(answers["address"])
        like = form.members[0]
        prefix = like.address.partition("/")[2]
        whole = address if "/" in address or not prefix else f"{address}/{prefix}"
        tried = replace(form, members=(*form.members, replace(blank, address=whole)))
        found = member_mistakes(tried, len(form.members))
        return {"address": found["address"]} if "address" in found else {}

    return FormPage("Another node", ADDRESS_NOTE, {"address": Row("Address", TextLine(typed))}, mistakes)


def fingerprint_page(presented: Presented) -> FormPage:
    """`same`: the operator has compared; `claim_code`."""
    name = presented.name or presented.address
    note = (
        f"The machine at {presented.address} calls itself {name}. Its key has this fingerprint:\n\n"
        f"    {format_proquints(presented.fingerprint)}\n\n"
        f"Look at the screen of {name}. When other words stand there, somebody is in between: go back and find out."
    )
    rows = {
        "same": Row("Compared", Flag(f"the same words stand on the screen of {name}", False)),
        "claim_code": Row("Claim code", TextLine("")),
    }

    def mistakes(answers: Typed) -> dict[str, str]:
        found = {}
        if not answers["same"]:
            found["same"] = "compare the words first, then mark this with Space"
        code = str(answers["claim_code"]).upper()
        if (reason := why_not_claim_code(code)) is not None:
            found["claim_code"] = f"{reason}: it stands on the screen of {name}"
        return found

    return FormPage(f"Is this {name}?", note, rows, mistakes)


def member_page(form: SiteForm, at: int) -> FormPage:
    """`address`, `nic`, `engine_brick`, `data_brick` of a member."""
    member = form.members[at]
    rows = {
        "address": Row("Address/prefix", TextLine(member.address)),
        "nic": Row("NIC", TextLine(member.nic)),
        "engine_brick": Row("Brick for engine", TextLine(member.engine_brick)),
        "data_brick": Row("Brick for data", TextLine(member.data_brick)),
    }

    def mistakes(answers: Typed) -> dict[str, str]:
        return member_mistakes(with_member(form, at, answers), at)

    return FormPage(f"Node {member.name}", NODE_NOTE.format(name=member.name), rows, mistakes)


def with_member(form: SiteForm, at: int, answers: Typed) -> SiteForm:
    """`form` with the answers of member_page."""
    changed = replace(form.members[at], **answers)
    return replace(form, members=(*form.members[:at], changed, *form.members[at + 1 :]))


def site_page(form: SiteForm) -> FormPage:
    """`engine_name`, `engine_address`, `gateway`, `dns`, `site`."""
    rows = {
        "engine_name": Row("Engine's name", TextLine(form.engine_name)),
        "engine_address": Row("Engine's address", TextLine(form.engine_address)),
        "gateway": Row("Gateway", TextLine(form.gateway)),
        "dns": Row("Name servers", TextLine(form.dns)),
        "site": Row("Name of the site", TextLine(form.site)),
    }
    return FormPage("Engine and site", SITE_NOTE, rows, lambda answers: site_mistakes(replace(form, **answers)))
