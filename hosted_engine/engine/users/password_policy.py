"""Which passwords the internal domain takes, how long each is good, whom a right one lets in. Decisions are pure."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue
from hosted_engine.engine.users.accounts import Account
from hosted_engine.limits import PASSWORD

_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordPolicy:
    """`id` is the domain's. `history` counts the passwords, the one of now among them, that may not come again; with no
    `valid_days` passwords do not expire: whoever has to think of a new one again and again takes a worse one."""

    id: str
    min_length: int = 8
    history: int = 4
    valid_days: int = 0


def policy_of(tx: Transaction, domain_id: str) -> PasswordPolicy:
    """The one that was set, or that of the beginning."""
    return tx.of(PasswordPolicy).get(domain_id) or PasswordPolicy(id=domain_id)


def check_password(
    password: str, account: Account, policy: PasswordPolicy, matches: Callable[[str, str], bool]
) -> None:
    """Raises BadValue, whose words never hold the password. `matches` is slow."""
    reason = why_not_password(password, account.name, policy)
    if reason is None and any(matches(password, old) for old in used_passwords(account, policy)):
        reason = f"it is one of the last {policy.history} of this account"
    if reason is not None:
        raise BadValue(value="this", field="the password", reason=reason)


def why_not_password(password: str, name: str, policy: PasswordPolicy) -> str | None:
    if len(password) < policy.min_length:
        return f"it has to have at least {policy.min_length} characters"
    if len(password) > PASSWORD:
        return f"it may have at most {PASSWORD} characters"
    if not password.isprintable():
        return "it holds ends of line or other control characters, which nobody can type"
    return "it is the account's name" if password.casefold() == name.casefold() else None


def used_passwords(account: Account, policy: PasswordPolicy) -> tuple[str, ...]:
    """The hashes that may not come again, the newest first."""
    used = (account.password_hash, *account.old_password_hashes)
    return tuple(filter(None, used))[: policy.history]


def expiry_of(account: Account, policy: PasswordPolicy) -> float | None:
    """When its password has to be changed: what was said of the account, or else what the policy says of all people."""
    if account.password_expires_at is not None or account.service or not policy.valid_days:
        return account.password_expires_at
    return account.password_changed_at + policy.valid_days * _DAY_S


class Hindrance(Enum):
    """Why somebody is not let in who has shown the right password: only they are told."""

    DISABLED = "the account is disabled; an administrator of the engine can enable it"
    EXPIRED = "the account has expired; an administrator of the engine can prolong it"
    PASSWORD_EXPIRED = "the password has expired and has to be changed first"


def hindrance(account: Account, policy: PasswordPolicy, now: float) -> Hindrance | None:
    if not account.enabled:
        return Hindrance.DISABLED
    if account.expires_at is not None and now >= account.expires_at:
        return Hindrance.EXPIRED
    expiry = expiry_of(account, policy)
    return Hindrance.PASSWORD_EXPIRED if expiry is not None and now >= expiry else None
