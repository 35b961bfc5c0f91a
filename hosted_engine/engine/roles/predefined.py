"""oVirt's permits and predefined roles, with oVirt's ids (predefined.json, made by ci/permits.py)."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from hosted_engine.engine.roles.model import Permit, Role, RolePermit, role_permit_id

SUPER_USER_ID = "00000000-0000-0000-0000-000000000001"
USER_ROLE_ID = "00000000-0000-0000-0001-000000000001"
USER_VM_MANAGER_ID = "def00006-0000-0000-0000-def000000006"
DISK_OPERATOR_ID = "def0000a-0000-0000-0000-def00000000b"
TEMPLATE_OWNER_ID = "def0000a-0000-0000-0000-def00000000f"
TEMPLATE_USER_ID = "def00009-0000-0000-0000-def000000009"
VNIC_PROFILE_USER_ID = "def0000a-0000-0000-0000-def000000010"
MAC_POOL_USER_ID = "def00014-0000-0000-0000-def000000014"
PROFILE_EDITOR_ID = "def00021-0000-0000-0000-def000000015"
LOGIN = "login"


@cache
def permits() -> tuple[Permit, ...]:
    return tuple(Permit(**one) for one in _data()["permits"])


@cache
def permit_ids() -> Mapping[str, str]:
    """The id of each permit by its name in lower case."""
    return {permit.name: permit.id for permit in permits()}


@cache
def roles() -> tuple[Role, ...]:
    return tuple(Role(**_without(one, "permits"), mutable=False) for one in _data()["roles"])


@cache
def roles_by_id() -> dict[str, Role]:
    return {role.id: role for role in roles()}


@cache
def permits_of_role(role_id: str) -> frozenset[str]:
    """Of a predefined role, which stays as it is; of others nothing."""
    return frozenset(permit for one in _data()["roles"] if one["id"] == role_id for permit in one["permits"])


@cache
def role_permits() -> tuple[RolePermit, ...]:
    return tuple(
        RolePermit(id=role_permit_id(role["id"], permit), role_id=role["id"], permit_id=permit)
        for role in _data()["roles"]
        for permit in role["permits"]
    )


@cache
def _data() -> Mapping[str, Any]:
    data: Mapping[str, Any] = json.loads(Path(__file__).with_name("predefined.json").read_text())
    return data


def _without(one: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in one.items() if key != name}
