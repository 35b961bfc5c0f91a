"""A site as it is typed at the console, and the document of answers that it makes; pure.

What is wrong is decided by the rules of `answers.toml`, over that very document: both refuse the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_interface
from pathlib import PurePosixPath

from hosted_engine.deploy.answers import Answers, AnswersWrong, from_document
from hosted_engine.deploy.rules.bricks import why_not_brick
from hosted_engine.deploy.rules.site import SIZES
from installer.console.model import Own
from node.api.messages.identity import Identity, Offer

SITE = "site"
_OF_SITE = {"site": "site", "engine.name": "engine_name", "engine.address": "engine_address", "gateway": "gateway"}
_OF_MEMBER = {
    "name": "name",
    "address": "address",
    "nic": "nic",
    "fingerprint": "fingerprint",
    "claim_code": "claim_code",
    "bricks.engine": "engine_brick",
    "bricks.data": "data_brick",
}


@dataclass(frozen=True, slots=True)
class Member:
    """A node of the site to be; names of fields are also those under which mistakes are told."""

    name: str
    address: str
    nic: str
    fingerprint: str
    claim_code: str
    engine_brick: str
    data_brick: str


@dataclass(frozen=True, slots=True)
class SiteForm:
    """The answers as they were typed or proposed. `dns` is a list separated by commas or blanks; an address of the
    engine without a prefix length has that of the first member."""

    members: tuple[Member, ...] = ()
    site: str = SITE
    engine_name: str = ""
    engine_address: str = ""
    gateway: str = ""
    dns: str = ""


def document(form: SiteForm) -> dict[str, object]:
    """As TOML gives it. What may be left out and is empty is left out."""
    said: dict[str, object] = {
        "site": form.site,
        "nodes": [_node(member) for member in form.members],
        "engine": {"name": form.engine_name, "address": _with_prefix(form.engine_address, form.members)},
    }
    if form.gateway:
        said["gateway"] = form.gateway
    if servers := form.dns.replace(",", " ").split():
        said["dns"] = servers
    return said


def answers(form: SiteForm) -> Answers:
    """Raises AnswersWrong with every mistake."""
    return from_document(document(form))


def site_mistakes(form: SiteForm) -> dict[str, str]:
    """Field of the site's own answers → what is wrong; under an empty name what is wrong with the nodes alone."""
    alone = {path for path, _ in _errors(_without_site(form))}
    found: dict[str, str] = {}
    for path, sentence in _errors(form):
        if not path.startswith("nodes"):
            found.setdefault(_OF_SITE.get(path, "dns" if path.startswith("dns") else ""), sentence)
        elif path in alone:
            found.setdefault("", f"{path}: {sentence}")
        else:
            found.setdefault(_cause(path, sentence), f"{_named(form, path)} does not go with it: {sentence}")
    return found


def _cause(path: str, sentence: str) -> str:
    """The field of the site with which a node does not go: the node was good without it."""
    if path.endswith(".name"):
        return "engine_name"
    return "gateway" if "the gateway's address" in sentence else "engine_address"


def _named(form: SiteForm, path: str) -> str:
    """The node at `path`, by its name."""
    return form.members[int(path.partition("[")[2].partition("]")[0])].name


def member_mistakes(form: SiteForm, at: int) -> dict[str, str]:
    """Field of the member at that place → what is wrong with it, by itself and beside the other members."""
    start = f"nodes[{at}]."
    found: dict[str, str] = {}
    for path, sentence in _errors(_without_site(form)):
        if path.startswith(start):
            found.setdefault(_OF_MEMBER.get(path.removeprefix(start), ""), sentence)
    return found


def _without_site(form: SiteForm) -> SiteForm:
    return replace(form, engine_name="", engine_address="", gateway="", dns="")


def why_not_size(count: int) -> str | None:
    """Why a site cannot be made of so many nodes, as a sentence."""
    if count in SIZES:
        return None
    more = next((size for size in SIZES if size > count), None)
    return f"{count} nodes" + (f": add {more - count} more" if more is not None else ": three at most, others later")


def own_member(own: Own, offer: Offer) -> Member:
    """This node, with all that it knows of itself."""
    first = next(iter(_reached(offer)), ("", ""))
    engine, data = propose_bricks(offer.mounts)
    return Member(own.name, first[1], first[0], own.fingerprint, own.claim_code, engine, data)


def other_member(address: str, fingerprint: str, identity: Identity, claim_code: str, like: Member) -> Member:
    """Another node, by the fingerprint that was compared and by what it offers; what it does not say is proposed as it
    is on the node `like`."""
    offer = identity.offer or Offer()
    plain = address.partition("/")[0]
    found = next((one for one in offer.addresses if one.address.partition("/")[0] == plain), None)
    engine, data = propose_bricks(offer.mounts)
    return Member(
        name=identity.name,
        address=found.address if found is not None else _with_prefix(address, (like,)),
        nic=found.nic if found is not None else like.nic,
        fingerprint=fingerprint,
        claim_code=claim_code,
        engine_brick=engine or like.engine_brick,
        data_brick=data or like.data_brick,
    )


def propose_bricks(mounts: Sequence[str]) -> tuple[str, str]:
    """Folders for the bricks of the volumes engine and data; empty where no file system was made for them. One file
    system for each when they are called so, else both on one."""
    usable = [mount for mount in mounts if why_not_brick(f"{mount}/brick") is None]
    engine, data = (next((m for m in usable if name in PurePosixPath(m).parts), None) for name in ("engine", "data"))
    if engine is not None and data is not None and engine != data:
        return f"{engine}/brick", f"{data}/brick"
    one = data or engine or next(iter(usable), None)
    return (f"{one}/engine", f"{one}/data") if one is not None else ("", "")


def _reached(offer: Offer) -> Iterator[tuple[str, str]]:
    """Interface and address, those first through which the gateway is reached."""
    way = ip_interface(offer.gateway).ip if offer.gateway else None
    found = [(one.nic, one.address) for one in offer.addresses]
    return iter(sorted(found, key=lambda one: way is None or way not in ip_interface(one[1]).network))


def _with_prefix(address: str, members: Sequence[Member]) -> str:
    prefix = members[0].address.partition("/")[2] if members else ""
    return address if "/" in address or not address or not prefix else f"{address}/{prefix}"


def _node(member: Member) -> Mapping[str, object]:
    return {
        "name": member.name,
        "address": member.address,
        "nic": member.nic,
        "fingerprint": member.fingerprint,
        "claim_code": member.claim_code,
        "bricks": {"engine": member.engine_brick, "data": member.data_brick},
    }


def _errors(form: SiteForm) -> tuple[tuple[str, str], ...]:
    try:
        answers(form)
    except AnswersWrong as err:
        return err.errors
    return ()
