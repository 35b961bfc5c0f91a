"""A machine that asks to be a node of this site, as the engine remembers it."""

import uuid
from dataclasses import dataclass
from ipaddress import IPv4Interface

from node.api.messages.registration import RegistrationState

_KEYS = uuid.UUID("6b3c52a6-35bb-5a25-8a6e-8f6a0d8b4f0e")


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRegistration:
    """`id` is that of the host that it is shown as, and follows from its key where nobody has added the host before.
    `name` is what the machine calls itself.
    `address` with its prefix length is that of `nic`. `since` is when this attempt began, `asked_at` when it asked
    last, `decided_at` when it was accepted or refused. `certificate_pem` is empty until somebody has approved it."""

    id: str
    fingerprint: str
    attempt: str
    name: str
    request_pem: str
    address: str
    nic: str
    since: float
    asked_at: float
    gateway: str | None = None
    dns: tuple[str, ...] = ()
    state: RegistrationState = RegistrationState.PENDING
    certificate_pem: str = ""
    decided_at: float = 0.0

    @property
    def interface(self) -> IPv4Interface:
        return IPv4Interface(self.address)


def host_id_of_key(fingerprint: str) -> str:
    """The id of the host with this key: the same whenever the machine asks."""
    return str(uuid.uuid5(_KEYS, fingerprint))
