"""Machines ask to be taken into the site: what becomes of each question, until an administrator has decided."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import IPv4Interface

from hosted_engine.authority import SiteAuthority
from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.joining import preapprovals
from hosted_engine.engine.nodes.joining.conflicts import conflicts, has_given_name, shown_name
from hosted_engine.engine.nodes.joining.model import NodeRegistration, host_id_of_key
from hosted_engine.engine.nodes.joining.preapprovals import Preapproval
from hosted_engine.engine.nodes.members import OUTSIDE
from hosted_engine.engine.nodes.model import Node, NodeStatus
from hosted_engine.engine.ports import Store, Transaction
from hosted_engine.engine.problems import found
from hosted_engine.engine.vms.lifecycle import system
from node.api.messages.identity import Claim
from node.api.messages.registration import OVER, Registration, RegistrationReport, RegistrationState
from node.api.problems import Refused
from node.fingerprint import format_proquints

EXPIRES_S = 24 * 3600.0  # from the beginning of an attempt until somebody has decided
REMEMBERED_S = 24 * 3600.0  # how long one that is over is told so
NOTE_EVERY_S = 60.0
QUIET_S = 600.0  # who has not asked for so long makes room for others
MOST_PENDING, MOST_OF_ADDRESS = 64, 4
MOST_REMEMBERED = 500

PENDING, ACCEPTED = RegistrationState.PENDING, RegistrationState.ACCEPTED


class NotNoted(Refused):
    what = "The engine did not note that {name} wants to join"


class WrongEngine(NotNoted):
    why = "the machine speaks to the key {found}, and this engine's is another"
    mend = "Compare the engine's words on a screen that you trust: somebody may stand in between"
    status = 403


class OtherAddress(NotNoted):
    why = "it asks from {source}, which is not the address that it says it has ({address})"
    mend = "Let it ask directly: neither a proxy nor translated addresses may be in between"
    status = 403


class TooManyPending(NotNoted):
    why = "{count} machines {where} wait for approval already"
    mend = "Approve or remove hosts that are pending approval, or wait"
    status = 429


class KnownHost(NotNoted):
    why = "host {host} of this site has this key, and is {status}"
    mend = "Remove that host first, then ask again"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question whose signature was checked: `fingerprint` is that of the key that it was signed with, `source` the
    address that it came from."""

    registration: Registration
    fingerprint: str
    source: str


class Registrations:
    """`clock` answers seconds since the epoch. A machine makes another certificate request each time it asks: the first
    of an attempt is kept."""

    def __init__(self, store: Store, authority: SiteAuthority, clock: Callable[[], float]) -> None:
        self._store = store
        self._authority = authority
        self._clock = clock

    def ask(self, asked: Asked) -> RegistrationReport:
        """What is to be told to the machine. The same question again changes nothing but when it came. Raises
        Refused."""
        wanted, now = asked.registration, self._clock()
        if wanted.engine_fingerprint != self._authority.engine_fingerprint:
            raise WrongEngine(name=wanted.name, found=wanted.engine_fingerprint)
        address = _offered(wanted)
        if address is None or str(address.ip) != asked.source:
            raise OtherAddress(name=wanted.name, source=asked.source, address=wanted.address)
        with self._store.transaction() as tx:
            expire(tx, now)
            registration = _noted(tx, asked, address, now)
            return self._report(tx, registration)

    def _report(self, tx: Transaction, registration: NodeRegistration) -> RegistrationReport:
        node = tx.nodes.get(registration.id)
        claim = None
        if registration.state is ACCEPTED:
            claim = Claim(certificate_pem=registration.certificate_pem, authority_pem=self._authority.certificate)
        return RegistrationReport(
            state=registration.state, challenge="", detail=node.detail if node is not None else "", claim=claim
        )


def expire(tx: Transaction, now: float) -> None:
    """Forget attempts on which nobody has decided in time, and after a while that there ever were any."""
    preapprovals.forget_past(tx, now)
    for registration in tx.node_registrations.list(state=PENDING):
        node = tx.nodes.get(registration.id)
        if registration.since + EXPIRES_S <= now and (node is None or node.status in OUTSIDE):
            end(tx, registration, RegistrationState.EXPIRED, now)
            if node is not None:
                reason = f"Host {node.name} was not approved within a day and is not waited for any longer."
                emit(tx, system(now), EventType.EXTERNAL_EVENT_WARNING, reason=reason)
    over = [one for state in sorted(OVER) for one in tx.node_registrations.list(state=state)]
    over.sort(key=lambda one: one.decided_at, reverse=True)
    for number, registration in enumerate(over):
        if number >= MOST_REMEMBERED or registration.decided_at + REMEMBERED_S <= now:
            tx.node_registrations.remove(registration.id)


def end(tx: Transaction, registration: NodeRegistration, state: RegistrationState, now: float) -> None:
    """Nobody is to take this machine: the host goes, and the machine is told so when it asks again."""
    tx.node_registrations.update(replace(registration, state=state, certificate_pem="", decided_at=now))
    if tx.nodes.get(registration.id) is not None:
        tx.nodes.remove(registration.id)


def _offered(wanted: Registration) -> IPv4Interface | None:
    """The address that it asks from, if it is one of those that it offers."""
    for one in wanted.offer.addresses:
        if one.address == wanted.address:
            try:
                return IPv4Interface(one.address)
            except ValueError:
                return None
    return None


def _noted(tx: Transaction, asked: Asked, address: IPv4Interface, now: float) -> NodeRegistration:
    id_ = host_of_key(tx, asked.fingerprint)
    wanted, known, node = asked.registration, tx.node_registrations.get(id_), tx.nodes.get(id_)
    if node is not None and node.status not in OUTSIDE:
        if node.status is not NodeStatus.INSTALLING:
            raise KnownHost(name=wanted.name, host=node.name, status=node.status.value)
        return _asked_again(tx, known, now) if known is not None else _invited(tx, asked, node, address, now)
    if known is not None and known.state in OVER and known.attempt == wanted.attempt:
        return known
    approval = preapprovals.use(tx, wanted, asked.fingerprint, id_, now)
    if node is None and approval is None:
        _make_room(tx, asked, now)
    registration = _made(id_, asked, address, known, now)
    if known is None:
        tx.node_registrations.add(registration)
    elif registration != replace(known, asked_at=now):
        tx.node_registrations.update(registration)
    else:
        registration = _asked_again(tx, known, now)
    _show(tx, wanted, registration, now)
    if approval is not None and approval.used_at == now:
        _report_use(tx, approval, now)
    return registration


def _report_use(tx: Transaction, approval: Preapproval, now: float) -> None:
    node = found(tx.nodes.get(approval.node_id), "host", approval.node_id)
    reason = f"Host {node.name} is approved by the {approval.label}, which somebody has approved beforehand."
    emit(tx, system(now), EventType.EXTERNAL_EVENT_NORMAL, node=node, reason=reason)


def _asked_again(tx: Transaction, known: NodeRegistration, now: float) -> NodeRegistration:
    """Written down at times only: machines ask every few seconds. The first question after a decision counts."""
    if now - known.asked_at < NOTE_EVERY_S and known.asked_at > known.decided_at:
        return known
    heard = replace(known, asked_at=now)
    tx.node_registrations.update(heard)
    return heard


def _invited(tx: Transaction, asked: Asked, node: Node, address: IPv4Interface, now: float) -> NodeRegistration:
    """The first question of a machine to which the engine went. What its administrator calls it stays."""
    registration, wanted = _made(node.id, asked, address, None, now), asked.registration
    tx.node_registrations.add(registration)
    tx.nodes.update(
        replace(node, hostname=wanted.name, address=str(address.ip), port=wanted.port, capabilities=wanted.capabilities)
    )
    return registration


def host_of_key(tx: Transaction, fingerprint: str) -> str:
    """The id of the host that has this key, or asked with it, or will have it."""
    asked = [one.id for one in tx.node_registrations.list(fingerprint=fingerprint)]
    known = asked or [one.id for one in tx.nodes.list(fingerprint=fingerprint)]
    return known[0] if known else host_id_of_key(fingerprint)


def _made(
    id_: str, asked: Asked, address: IPv4Interface, known: NodeRegistration | None, now: float
) -> NodeRegistration:
    wanted = asked.registration
    goes_on = known is not None and known.attempt == wanted.attempt and known.state is PENDING
    return NodeRegistration(
        id=id_,
        fingerprint=asked.fingerprint,
        attempt=wanted.attempt,
        name=wanted.name,
        request_pem=known.request_pem if known is not None and goes_on else wanted.certificate_request_pem,
        address=str(address),
        nic=next(one.nic for one in wanted.offer.addresses if one.address == wanted.address),
        since=known.since if known is not None and goes_on else now,
        asked_at=now,
        gateway=wanted.offer.gateway,
        dns=wanted.offer.dns,
        decided_at=known.decided_at if known is not None and goes_on else 0.0,
    )


def _show(tx: Transaction, wanted: Registration, registration: NodeRegistration, now: float) -> None:
    """As a host that waits for its approval, or for another try after one that failed."""
    before = tx.nodes.get(registration.id)
    name, address = shown_name(tx, registration), str(registration.interface.ip)
    if before is not None and has_given_name(before, registration):
        name = before.name
    node = replace(
        before
        or Node(
            id=registration.id,
            name=name,
            hostname=registration.name,
            cluster_id=default_cluster_id(tx),
            address=address,
            status=NodeStatus.PENDING_APPROVAL,
            seen_at=now,
            fingerprint=registration.fingerprint,
        ),
        name=name,
        hostname=registration.name,
        address=address,
        port=wanted.port,
        capabilities=wanted.capabilities,
    )
    words, engine = format_proquints(registration.fingerprint), format_proquints(wanted.engine_fingerprint)
    if node.status is NodeStatus.PENDING_APPROVAL:
        said = f"it waits for approval; on its screen have to be its own words, {words}, and the engine's, {engine}"
        against = (f"it {conflict}" for conflict in conflicts(tx, node, registration))
        node = replace(node, detail="; ".join((said, *against)))
    if before is None:
        tx.nodes.add(node)
        emit(tx, system(now), EventType.VDS_REGISTER_SUCCEEDED, node=node, words=words, engine=engine)
    elif node != before:
        tx.nodes.update(node)


def default_cluster_id(tx: Transaction) -> str:
    """As oVirt does: the cluster Default, until the approval names another."""
    named = tx.clusters.list(name="Default") or tx.clusters.list()
    return named[0].id


def _make_room(tx: Transaction, asked: Asked, now: float) -> None:
    """Raises TooManyPending. Who has not asked for long is the first to go, and may ask again."""
    waiting = [node for node in tx.nodes.list(status=tuple(OUTSIDE)) if node.host_id is None]
    same = [node for node in waiting if node.address == asked.source]
    for those, most, where in ((same, MOST_OF_ADDRESS, f"at {asked.source}"), (waiting, MOST_PENDING, "in all")):
        if len(those) < most:
            continue
        registrations = tx.node_registrations.find([node.id for node in those])
        quietest = min(registrations.values(), key=lambda one: one.asked_at, default=None)
        if quietest is None or quietest.asked_at + QUIET_S > now:
            raise TooManyPending(name=asked.registration.name, count=len(those), where=where)
        end(tx, quietest, RegistrationState.EXPIRED, now)
        waiting = [node for node in waiting if node.id != quietest.id]
