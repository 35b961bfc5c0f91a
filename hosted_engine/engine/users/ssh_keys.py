"""The SSH public keys of users."""

from dataclasses import dataclass
from typing import Annotated, Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from hosted_engine.engine.entity.declaration import Entity, Place, Within
from hosted_engine.engine.entity.events import Events
from hosted_engine.engine.entity.field import Field, OnRemove, Reference, Settable
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.problems import BadValue


def openssh_keys(value: Any, field: str) -> str:
    """A key a line, as in `authorized_keys` without its options; oVirt takes several in one as well."""
    lines = [line.strip() for line in value.splitlines() if line.strip()]
    for line in lines or [""]:
        try:
            load_ssh_public_key(line.encode())
        except (ValueError, UnsupportedAlgorithm) as err:
            reason = f"it is no public key of OpenSSH ({err})"
            raise BadValue(value=repr(line[:80]), field=field, reason=reason) from None
    return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class SshPublicKey:
    id: str
    user_id: Annotated[str, Reference("user", settable=Settable.NEVER, to="users", on_remove=OnRemove.CASCADE)]
    content: Annotated[str, Field("content", length=8192, rule=openssh_keys)]


SSH_KEYS = Entity(
    SshPublicKey,
    "ssh_public_keys",
    kind="SSH public key",
    type="SshPublicKey",
    places=(Place(("SshPublicKeys", "SshPublicKey"), within={"user": Within("users", "user_id")}),),
    order="id",
    events=Events(
        EventKind("USER_PROFILE_CREATE_PROPERTY", "An SSH public key was added by {user}."),
        EventKind("USER_PROFILE_REPLACE_PROPERTY", "An SSH public key was changed by {user}."),
        EventKind("USER_PROFILE_REMOVE_PROPERTY", "An SSH public key was removed by {user}."),
    ),
)
