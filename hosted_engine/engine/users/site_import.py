"""Who may do what at a site's beginning: everything the administrator, and what oVirt's sites allow to everybody."""

from dataclasses import dataclass, replace

from hosted_engine.engine.ids import BLANK_TEMPLATE_ID
from hosted_engine.engine.instancetypes.model import InstanceType
from hosted_engine.engine.macpools.model import MacPool
from hosted_engine.engine.networks.model import VnicProfile
from hosted_engine.engine.permissions.grants import grant
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.roles import predefined
from hosted_engine.engine.roles.model import Permit, Role, RolePermit
from hosted_engine.engine.users.accounts import Account
from hosted_engine.engine.users.directory import entry_of
from hosted_engine.engine.users.domains import Domain, DomainKind, domain_id, split_login
from hosted_engine.engine.users.entity import user_of
from hosted_engine.engine.users.model import EVERYONE_ID, Group

_FOR_EVERYONE = (
    (VnicProfile, "vnic_profiles", predefined.VNIC_PROFILE_USER_ID),
    (InstanceType, "instance_types", predefined.TEMPLATE_USER_ID),
    (MacPool, "mac_pools", predefined.MAC_POOL_USER_ID),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstUser:
    id: str
    login: str
    password_hash: str


def import_users(tx: Transaction, admin: FirstUser, now: float) -> None:
    """Everybody may use the vNIC profiles, instance types and MAC pools that are there already."""
    _import_roles(tx)
    principal, domain = split_login(admin.login)
    tx.of(Domain).add(Domain(id=domain_id(domain), name=domain, kind=DomainKind.INTERNAL))
    account = Account(
        id=admin.id,
        name=principal,
        domain_id=domain_id(domain),
        password_hash=admin.password_hash,
        password_changed_at=now,
        first_name=principal,
    )
    tx.of(Account).add(account)
    tx.users.add(replace(user_of(entry_of(account), domain), id=admin.id))
    grant(tx, admin.id, predefined.SUPER_USER_ID)
    tx.of(Group).add(Group(id=EVERYONE_ID, name="Everyone", domain=""))
    grant(tx, EVERYONE_ID, predefined.PROFILE_EDITOR_ID)
    grant(tx, EVERYONE_ID, predefined.TEMPLATE_USER_ID, "templates", BLANK_TEMPLATE_ID)
    for model, table, role in _FOR_EVERYONE:
        for identity in tx.of(model).ids():
            grant(tx, EVERYONE_ID, role, table, identity)


def _import_roles(tx: Transaction) -> None:
    tx.of(Permit).add_all(predefined.permits())
    tx.of(Role).add_all(predefined.roles())
    tx.of(RolePermit).add_all(predefined.role_permits())
