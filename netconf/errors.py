"""The two ways this package says no: Refused (nothing was changed) and Failed (something may have been)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Text:
    """A problem in full sentences: what did not succeed, why, and how to mend it."""

    what: str
    why: str
    mend: str


class Problem(Exception):
    """Subclasses give the sentences, the raiser fills the blanks; `text` holds the result."""

    what: ClassVar[str] = "The network operation did not succeed"
    why: ClassVar[str] = "no reason was given"
    mend: ClassVar[str] = "Look into the journal of NetworkManager"

    def __init__(self, **values: object) -> None:
        self.values = values
        self.text = Text(
            what=self.what.format(**values), why=self.why.format(**values), mend=self.mend.format(**values)
        )
        super().__init__(f"{self.text.what}: {self.text.why}. {self.text.mend}.")


class Refused(Problem):
    """Nothing was changed."""


class Failed(Problem):
    """Something may have been changed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong in a document; `path` leads to it, as in `interfaces[0].ipv4.address[1].prefix-length`."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class BadDocument(Refused):
    """`findings` holds everything that is wrong, not only the first."""

    what = "Cannot use this network configuration"
    why = "{findings}"
    mend = "Correct every place named and try again"

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(findings="; ".join(str(finding) for finding in findings))
        self.findings = tuple(findings)


class BadText(Refused):
    what = "Cannot read this network configuration"
    why = "{reason}"
    mend = "Write it in YAML or JSON, as nmstate's documents are"


class NoSuchInterface(Refused):
    what = "Cannot change interface {name}"
    why = "this host has none of that name, and its type {type} is nothing that can be made"
    mend = "Choose one of {there}"


class OtherType(Refused):
    what = "Cannot make {name} a {wanted}"
    why = "it is a {observed}"
    mend = "Remove {name} first, or choose another name"


class NotChangeable(Refused):
    what = "Cannot make {name} {wanted}"
    why = "it is {observed}, which cannot change while it is there; were it made anew, that could not go back by itself"
    mend = "Give the other one another name, or remove {name} in one change and make it in the next"


class PortTaken(Refused):
    what = "Cannot make {port} a port of {name}"
    why = "it is a port of {other}, which the document does not mention"
    mend = "Say in the same document which ports {other} keeps"


class AddressesOnPort(Refused):
    what = "Cannot give {name} addresses"
    why = "it is a port of {controller}, where they belong"
    mend = "Give them to {controller}, or take {name} out of it in the same document"


class GoesUnsaid(Refused):
    what = "Cannot make {name} a port of {holder}"
    why = "{lost} would go with that, and the document says nothing of it"
    mend = "{mend}"


class RouteNowhere(Refused):
    what = "Cannot make this: {route}"
    why = "{name} cannot carry it: {why}"
    mend = "{mend}, or leave the route out"


class BadGateway(Refused):
    what = "Cannot make this: {route}"
    why = "{gateway} cannot be its gateway: {why}"
    mend = "Name the address of the router"


class RoutesAlike(Refused):
    what = "Cannot make this: {route}"
    why = "{other} leads to the same place and both have {metric}: the kernel tells such routes apart by that alone"
    mend = "Give each a metric of its own, or say in the same document that the other one goes (state: absent)"


class AddressTwice(Refused):
    what = "Cannot give {name} {address}"
    why = "{other} has that address and keeps it"
    mend = "Take it away from {other} in the same document, or choose another one"


class VlanTwice(Refused):
    what = "Cannot make the VLAN {name}"
    why = "{other} is VLAN {tag} over {base} already"
    mend = "Use {other}, or remove it in the same document"


class BadPort(Refused):
    what = "Cannot make {port} a port of {name}"
    why = "the kernel takes no {kind} into a {holder}"
    mend = "Choose NICs, bonds or VLANs"


class PortDown(Refused):
    what = "Cannot bring {name} down"
    why = "it is a port of {holder}, which brings it up"
    mend = "Take {name} out of {holder} in the same document"


class BaseDown(Refused):
    what = "Cannot bring {name} up"
    why = "it stands on {base}, which is down then"
    mend = "Bring {base} up in the same document"


class TooNarrow(Refused):
    what = "Cannot have an MTU of {mtu} on {name}"
    why = "IPv6, which is on there, needs {least}"
    mend = "Turn IPv6 of {name} off in the same document (ipv6: {{enabled: false}}), or choose {least} or more"


class WaitsForEver(Refused):
    what = "Cannot bring {name} up"
    why = "it is to wait for an address of IPv{version}, which is off there"
    mend = "Turn IPv{version} of {name} on, or say wait-ip: any"


class NothingAsks(Refused):
    what = "Cannot resolve names by {what}"
    why = "no interface has {family} and an address of it then, over which a name server could be asked"
    mend = "Give an interface an address in the same document, or leave dns-resolver out"


class NamesComeAlong(Refused):
    what = "Cannot do without name servers"
    why = "{name} gets some together with its addresses"
    mend = "Say auto-dns: false in the ipv4 and ipv6 of {name}, or name other servers"


class NoSuchMac(Refused):
    what = "Cannot tell which interface {name} is"
    why = "it is to be the one with the MAC address {mac}, and these have it: {found}"
    mend = "Name a MAC address that exactly one NIC of this host has"


class NeedsMode(Refused):
    what = "Cannot make the bond {name}"
    why = "the document does not say its mode"
    mend = "Say link-aggregation.mode"


class Loop(Refused):
    what = "Cannot make {port} a port of {name}"
    why = "{other}, its other end, is one, too: what leaves by the one comes in by the other, round and round"
    mend = "Take one of the two out of {name}"


class NeedsPeer(Refused):
    what = "Cannot make the veth {name}"
    why = "the document does not say its other end"
    mend = "Say veth.peer"


class OneEndDown(Refused):
    what = "Cannot make the veth {name}"
    why = "{other}, its other end, is to be down, and a pair comes up as a whole"
    mend = "Make both ends up in one change, and bring {other} down in the next"


class PeerKept(Refused):
    what = "Cannot remove {name}"
    why = "{other}, its other end, would go with it, and the document keeps that"
    mend = "Remove {other} in the same document, or keep {name}"


class NoProfile(Refused):
    what = "Cannot remove {name}"
    why = "NetworkManager has no profile for {without}, so that it could not come back should nobody confirm this"
    mend = "Remove the pair by `ip link delete {name}`, or change something of {without} and confirm that first"


class HasDependents(Refused):
    what = "Cannot remove {name}"
    why = "{other} stands on it and would go with it, and the document does not mention that"
    mend = "Remove {other} in the same document, or put it on something else"


class MtuTooLarge(Refused):
    what = "Cannot have an MTU of {mtu} on {name}"
    why = "{base}, which carries it, lets {most} through"
    mend = "Make {base} wider in the same document, or {name} narrower"


class NoSriov(Refused):
    what = "Cannot give {name} {wanted}"
    why = "it has no SR-IOV, as far as the kernel tells"
    mend = "Choose a NIC that has it, or turn it on in the firmware of the machine and of the NIC"


class TooManyFunctions(Refused):
    what = "Cannot give {name} {wanted}"
    why = "its hardware can have {most} at most"
    mend = "Wish for {most} or fewer"


class FunctionInUse(Refused):
    what = "Cannot take the virtual functions of {name} away"
    why = "this change would, if only for a moment, and {users}"
    mend = "Free them first, and leave them out of this document"


class FunctionsOfOthers(Refused):
    what = "Cannot change {name}"
    why = "it has {now}, and its profile asks for {asked}: they would not come back with the earlier network"
    mend = "Take them away first, or have its profile ask for them (sriov.total-vfs)"


class ChangePending(Refused):
    what = "Cannot change the network now"
    why = "an earlier change waits to be confirmed or to go back by itself"
    mend = "Confirm it, take it back, or wait until its time is over"


class BadTimeLimit(Refused):
    what = "Cannot wait {seconds} s for the confirmation"
    why = "it has to be from {low} to {high} s"
    mend = "Choose a time between them"


class CheckpointGone(Refused):
    what = "Cannot end the network change"
    why = "its time is over and the earlier configuration came back by itself, or it was ended before"
    mend = "Ask for the change again and confirm it in time"


class BackendReturned(CheckpointGone):
    what = "Cannot keep the network change"
    why = "it was made without {backend}, which is there again with what it knew before; so it was taken back"
    mend = "Ask for the change again: {backend} makes it then"


class DiedInTheMiddle(Failed):
    """The change was taken back by the kernel alone before this was raised."""

    what = "Cannot bring the network into the wanted state"
    why = "{backend} died over it: {reason}"
    mend = "The earlier configuration is back. See why it died (`journalctl -u NetworkManager`) before you ask again"


class BackendMissing(Refused):
    what = "Cannot reach NetworkManager"
    why = "{reason}"
    mend = "Start it (`systemctl start NetworkManager`) and try again"


class NotByKernel(Refused):
    what = "Cannot make this true without NetworkManager"
    why = "{findings}"
    mend = "Leave these out, or have NetworkManager make the change"


class NoWayBack(Refused):
    what = "Cannot change the network"
    why = "what would take the change back could not be started: {reason}"
    mend = "Mend the cause and ask again"


class ChangeFailed(Failed):
    """The change was taken back before this was raised, unless `mend` says otherwise."""

    what = "Cannot bring the network into the wanted state"
    why = "{reason}"
    mend = "Mend the cause and ask again; {now}"
