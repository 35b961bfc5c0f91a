"""What users, groups and their attributes are called in each kind of directory. Pure."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ldap3.utils.conv import escape_bytes, escape_filter_chars

from hosted_engine.engine.users.directory import Entry
from hosted_engine.engine.users.ldap_model import LdapSchema

Raw = Mapping[str, Sequence[bytes]]  # values by attribute, as they travel

_AD_DISABLED = 2  # of userAccountControl


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """Filters say which entries are users and groups; `members` are the attributes by which a group names a DN, `names`
    those by which it names a user. `locked` is there, and not FALSE, when an account is locked."""

    user: str
    group: str
    name: str
    identity: str
    members: tuple[str, ...]
    names: tuple[str, ...] = ()
    department: str = "departmentNumber"
    locked: str = ""
    binary_identity: bool = False

    @property
    def fields(self) -> Mapping[str, str]:
        """Attributes of users by the fields of an Entry."""
        return {
            "name": self.name,
            "first_name": "givenName",
            "last_name": "sn",
            "email": "mail",
            "department": self.department,
        }

    @property
    def group_fields(self) -> Mapping[str, str]:
        return {"name": "cn"}

    @property
    def attributes(self) -> tuple[str, ...]:
        """Of users."""
        return (*self.fields.values(), self.identity, *((self.locked,) if self.locked else ()))

    @property
    def group_attributes(self) -> tuple[str, ...]:
        return ("cn", self.identity)

    def identified(self, identity: str) -> str:
        """The filter for one entry; of what cannot be an id one that finds nothing."""
        if not self.binary_identity:
            return f"({self.identity}={escape_filter_chars(identity)})"
        try:
            return f"({self.identity}={escape_bytes(uuid.UUID(identity).bytes_le)})"
        except ValueError:
            return "(!(objectClass=*))"

    def user_of(self, dn: str, raw: Raw, namespace: str) -> Entry | None:
        """None for one without name or id."""
        values = {field: _text(raw, attribute) for field, attribute in self.fields.items()}
        identity = self._identity(raw)
        if not values["name"] or not identity:
            return None
        return Entry(id=identity, dn=dn, namespace=namespace, enabled=not self._is_locked(raw), **values)

    def group_of(self, dn: str, raw: Raw, namespace: str) -> Entry | None:
        name, identity = _text(raw, "cn"), self._identity(raw)
        return Entry(id=identity, name=name, dn=dn, namespace=namespace) if name and identity else None

    def _identity(self, raw: Raw) -> str:
        values = raw.get(self.identity) or [b""]
        if self.binary_identity:
            return str(uuid.UUID(bytes_le=bytes(values[0]))) if len(values[0]) == 16 else ""
        return values[0].decode(errors="replace")

    def _is_locked(self, raw: Raw) -> bool:
        value = _text(raw, self.locked) if self.locked else ""
        if self.locked == "userAccountControl":
            return value.isdigit() and bool(int(value) & _AD_DISABLED)
        return bool(value) and value.upper() != "FALSE"


def _text(raw: Raw, attribute: str) -> str:
    values = raw.get(attribute) or [b""]
    return values[0].decode(errors="replace")


SCHEMAS: Mapping[LdapSchema, Schema] = {
    LdapSchema.ACTIVE_DIRECTORY: Schema(
        user="(&(objectCategory=person)(objectClass=user))",
        group="(objectClass=group)",
        name="sAMAccountName",
        identity="objectGUID",
        members=("member",),
        department="department",
        locked="userAccountControl",
        binary_identity=True,
    ),
    LdapSchema.OPENLDAP: Schema(
        user="(|(objectClass=inetOrgPerson)(objectClass=posixAccount))",
        group="(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup))",
        name="uid",
        identity="entryUUID",
        members=("member", "uniqueMember"),
        names=("memberUid",),
        locked="pwdAccountLockedTime",
    ),
    LdapSchema.IPA: Schema(
        user="(objectClass=posixAccount)",
        group="(objectClass=ipausergroup)",
        name="uid",
        identity="ipaUniqueID",
        members=("member",),
        locked="nsAccountLock",
    ),
}
