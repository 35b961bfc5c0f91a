"""What a domain knows of a user or a group, whichever kind of domain it is."""

from dataclasses import dataclass

from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.users.accounts import Account, AccountGroup
from hosted_engine.engine.users.domains import domain_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`id` is what the domain calls it, `name` a user's principal or a group's name, `dn` where a directory has it."""

    id: str
    name: str
    namespace: str = "*"
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    department: str = ""
    dn: str = ""
    enabled: bool = True


def find_user(tx: Transaction, domain: str, principal: str) -> Entry | None:
    found = tx.of(Account).list(name=principal, domain_id=domain_id(domain))
    return entry_of(found[0]) if found else None


def find_group(tx: Transaction, domain: str, name: str) -> Entry | None:
    found = tx.of(AccountGroup).list(name=name, domain_id=domain_id(domain))
    return Entry(id=found[0].id, name=found[0].name) if found else None


def entry_of(account: Account) -> Entry:
    return Entry(
        id=account.id,
        name=account.name,
        first_name=account.first_name,
        last_name=account.last_name,
        email=account.email,
        department=account.department,
    )
