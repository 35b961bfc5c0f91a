"""Domains in the API, and the accounts and groups of the internal one."""

from collections.abc import Mapping, Sequence
from typing import Any

from hosted_engine.engine.entity.declaration import READ, Entity, Place, View, Within
from hosted_engine.engine.users.accounts import Account, AccountGroup, AccountMembership
from hosted_engine.engine.users.domains import Domain
from hosted_engine.engine.users.entity import shown_domain

_IN_DOMAIN = {"domain": Within("domains", "domain_id")}

DOMAINS = Entity(
    Domain,
    "domains",
    kind="domain",
    type="Domain",
    path="domains",
    places=(Place(("Domains", "Domain"), methods=READ),),
    unique=(("name",),),
)


class AccountEntity(Entity[Account]):
    def gather(self, view: View, items: Sequence[Account]) -> Any:
        return {domain.id: domain.name for domain in view.tx.of(Domain).list()}

    def show(self, item: Account, gathered: Any) -> Mapping[str, Any]:
        domain = gathered[item.domain_id]
        return {"user_name": f"{item.name}@{domain}", "namespace": "*", **shown_domain(domain)}


class AccountGroupEntity(Entity[AccountGroup]):
    def gather(self, view: View, items: Sequence[AccountGroup]) -> Any:
        return {domain.id: domain.name for domain in view.tx.of(Domain).list()}

    def show(self, item: AccountGroup, gathered: Any) -> Mapping[str, Any]:
        return {"namespace": "*", **shown_domain(gathered[item.domain_id])}


ACCOUNTS = AccountEntity(
    Account,
    "accounts",
    kind="user",
    type="User",
    places=(Place(("DomainUsers", "DomainUser"), within=_IN_DOMAIN, methods=READ),),
    unique=(("domain_id", "name"),),
)

ACCOUNT_GROUPS = AccountGroupEntity(
    AccountGroup,
    "account_groups",
    kind="group",
    type="Group",
    places=(Place(("DomainGroups", "DomainGroup"), within=_IN_DOMAIN, methods=READ),),
    unique=(("domain_id", "name"),),
)

ACCOUNT_MEMBERSHIPS = Entity(
    AccountMembership,
    "account_memberships",
    kind="membership",
    type="Group",
    places=(),
    order="id",
    unique=(("group_id", "member_id"),),
)
