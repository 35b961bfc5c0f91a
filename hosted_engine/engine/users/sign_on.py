"""Who somebody is who has shown a right password: the user, the groups, and whether the engine lets them in."""

from dataclasses import dataclass, replace

from hosted_engine.engine.permissions.model import Permission
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.roles.model import RolePermit
from hosted_engine.engine.roles.predefined import LOGIN, permit_ids
from hosted_engine.engine.users.directory import Entry
from hosted_engine.engine.users.entity import user_of
from hosted_engine.engine.users.model import Group, User
from node.api.problems import Refused


class NameOfAnother(Refused):
    what = "Cannot let {name} in"
    why = "the engine knows another user of this name, who is somebody else in the domain"
    mend = "Remove that user, then try again"


@dataclass(frozen=True, slots=True)
class SignedOn:
    user: User
    group_ids: tuple[str, ...]


def sign_on(tx: Transaction, domain: str, entry: Entry, groups: tuple[str, ...]) -> SignedOn | None:
    """`groups` are those of `entry`, as the domain calls them. As in oVirt one who has a role with the permit to log
    in, on any object and by any group but Everyone, is let in, and becomes known with that (`make_known`). None for who
    may not."""
    known = tx.of(Group).list(domain=domain, domain_entry_id=groups) if groups else ()
    group_ids = tuple(group.id for group in known)
    user = _user(tx, domain, entry)
    holders = (user.id, *group_ids)
    roles = {one.role_id for one in tx.of(Permission).list(holder_id=holders)}
    if not roles or not tx.of(RolePermit).count(role_id=tuple(roles), permit_id=permit_ids()[LOGIN]):
        return None
    return SignedOn(user, group_ids)


def make_known(tx: Transaction, user: User) -> None:
    if tx.users.get(user.id) is None:
        tx.users.add(user)
    else:
        tx.users.update(user)


def _user(tx: Transaction, domain: str, entry: Entry) -> User:
    """As the domain knows it now, under the id that it has already. Whoever has the name of somebody else, who is gone
    from the domain or is called otherwise there, gets nothing of what that one may do. Raises NameOfAnother."""
    user = user_of(entry, domain)
    known = tx.users.list(domain=domain, domain_entry_id=entry.id)
    others = [one for one in tx.users.list(name=user.name) if one.domain_entry_id != entry.id]
    if others:
        raise NameOfAnother(name=user.name)
    return replace(user, id=known[0].id) if known else user
