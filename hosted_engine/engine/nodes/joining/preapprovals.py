"""Approvals given beforehand: by a join code, or by a machine's serial number. Each is good for one machine, once.

A code is a secret of 99 random bits of which only the hash is kept. A serial number is none: whoever knows it can say
it first, so it is for networks in which nobody else asks.
"""

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated

from hosted_engine.engine.entity.field import OnRemove, Reference
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.ports import Transaction
from node.api.messages.registration import Registration, RegistrationState
from node.api.problems import Refused
from node.join_code import new_join_code, plain_join_code

LEAST_HOURS, MOST_HOURS = 1, 30 * 24
REMEMBERED_S = 30 * 24 * 3600.0  # how long one that is over is shown
MOST = 1000  # machines that are waited for at a time
NO_SERIALS = frozenset(
    {"", "0", "none", "n/a", "default string", "not specified", "not applicable", "to be filled by o.e.m.",
     "system serial number", "chassis serial number", "123456789", "0123456789", "invalid", "oem", "o.e.m."}
)  # fmt: skip
"""What firmware says that was not told its machine's number: many machines say the same."""


class PreapprovalKind(StrEnum):
    CODE = "code"
    SERIAL = "serial"


class PreapprovalState(StrEnum):
    WAITING = "waiting"
    USED = "used"
    EXPIRED = "expired"


class WrongJoinCode(Refused):
    what = "The engine did not take {name} in by its join code"
    why = "{reason}"
    mend = "Have another code made in the engine's VM: trivet-join-codes add"
    status = 403


class UnusableSerial(Refused):
    what = "Cannot approve the serial number {serial!r}"
    why = "{reason}"
    mend = "Look at the machine's label, or make a join code for it"
    status = 422


class TooMany(Refused):
    what = "No further approval was given"
    why = "{count} machines are waited for already"
    mend = "Revoke those that will not come"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preapproval:
    """`value` is the SHA-256 of the code in hex, or the serial number in small letters. `fingerprint` is that of the
    key of the machine that used it, in the attempt `attempt`, for the host `node_id`; all empty until then."""

    id: str
    kind: PreapprovalKind
    value: str
    cluster_id: Annotated[str, Reference(to="clusters", on_remove=OnRemove.CASCADE)]
    created_at: float
    expires_at: float
    used_at: float = 0.0
    node_id: str = ""
    fingerprint: str = ""
    attempt: str = ""

    def state(self, now: float) -> PreapprovalState:
        if self.used_at:
            return PreapprovalState.USED
        return PreapprovalState.EXPIRED if self.expires_at <= now else PreapprovalState.WAITING

    @property
    def label(self) -> str:
        """By what people know it; no secret of it."""
        return f"serial number {self.value}" if self.kind is PreapprovalKind.SERIAL else f"join code {self.id}"

    def is_used_by(self, fingerprint: str, attempt: str) -> bool:
        return bool(self.used_at) and (self.fingerprint, self.attempt) == (fingerprint, attempt)


def hash_code(code: str) -> str:
    """However it was typed. No salt and no slow hash: there are 2^99 codes."""
    return hashlib.sha256(plain_join_code(code).encode()).hexdigest()


def add_code(tx: Transaction, cluster_id: str, hours: int, now: float) -> tuple[Preapproval, str]:
    """The approval, and the code, which nobody can learn afterwards. Raises TooMany."""
    code = new_join_code()
    return _add(tx, PreapprovalKind.CODE, hash_code(code), cluster_id, hours, now), code


def add_serial(tx: Transaction, serial: str, cluster_id: str, hours: int, now: float) -> Preapproval:
    """Raises UnusableSerial, TooMany."""
    plain = plain_serial(serial)
    if plain in NO_SERIALS:
        raise UnusableSerial(serial=serial, reason="firmware says that where it knows no serial number")
    known = tx.of(Preapproval).list(kind=PreapprovalKind.SERIAL, value=plain)
    if any(one.state(now) is PreapprovalState.WAITING for one in known):
        raise UnusableSerial(serial=serial, reason="it is approved and was not used yet")
    return _add(tx, PreapprovalKind.SERIAL, plain, cluster_id, hours, now)


def plain_serial(serial: str) -> str:
    return " ".join(serial.casefold().split())


def _add(tx: Transaction, kind: PreapprovalKind, value: str, cluster_id: str, hours: int, now: float) -> Preapproval:
    waiting = sum(one.state(now) is PreapprovalState.WAITING for one in tx.of(Preapproval).list())
    if waiting >= MOST:
        raise TooMany(count=waiting)
    made = Preapproval(
        id=new_id(), kind=kind, value=value, cluster_id=cluster_id, created_at=now, expires_at=now + hours * 3600.0
    )
    tx.of(Preapproval).add(made)
    return made


def use(tx: Transaction, wanted: Registration, fingerprint: str, node_id: str, now: float) -> Preapproval | None:
    """The approval that this machine has or takes with this question, None where nobody gave one. Raises WrongJoinCode.

    The same question again has the same approval: it is sent until it was answered."""
    find = _by_code if wanted.join_code else _by_serial
    found = find(tx, wanted, fingerprint, now)
    if found is None or found.used_at:
        return found
    used = replace(found, used_at=now, node_id=node_id, fingerprint=fingerprint, attempt=wanted.attempt)
    tx.of(Preapproval).update(used)
    return used


def _by_code(tx: Transaction, wanted: Registration, fingerprint: str, now: float) -> Preapproval:
    made = tx.of(Preapproval).list(kind=PreapprovalKind.CODE, value=hash_code(wanted.join_code))
    if not made:
        raise WrongJoinCode(name=wanted.name, reason="the engine has no such code: it was mistyped, or revoked")
    code = made[0]
    match code.state(now):
        case PreapprovalState.EXPIRED:
            raise WrongJoinCode(name=wanted.name, reason="the code has expired")
        case PreapprovalState.USED if not code.is_used_by(fingerprint, wanted.attempt):
            raise WrongJoinCode(name=wanted.name, reason="the code was used already, and each is good once")
    return code


def _by_serial(tx: Transaction, wanted: Registration, fingerprint: str, now: float) -> Preapproval | None:
    """A serial number that was used by another key is no approval any more, and no reason to turn a machine away."""
    serial = plain_serial(wanted.capabilities.serial_number)
    if serial in NO_SERIALS:
        return None
    for one in tx.of(Preapproval).list(kind=PreapprovalKind.SERIAL, value=serial):
        if one.is_used_by(fingerprint, wanted.attempt) or one.state(now) is PreapprovalState.WAITING:
            return one
    return None


def to_approve(tx: Transaction) -> list[Preapproval]:
    """Those whose machine waits for its approval, in the attempt in which it had the code or the serial number."""
    found = []
    for one in tx.of(Preapproval).list():
        asked = tx.node_registrations.get(one.node_id) if one.node_id else None
        if asked is None or asked.state is not RegistrationState.PENDING:
            continue
        if one.is_used_by(asked.fingerprint, asked.attempt):
            found.append(one)
    return sorted(found, key=lambda one: one.used_at)


def forget_past(tx: Transaction, now: float) -> None:
    for one in tx.of(Preapproval).list():
        if max(one.used_at, one.expires_at if not one.used_at else 0.0) + REMEMBERED_S <= now:
            tx.of(Preapproval).remove(one.id)
