"""What is wrong with a draft, by the names of a form's rows: the rules are those of `answers.toml`. Pure."""

from collections.abc import Sequence

from installer.answers import Role
from installer.reading import mistakes
from installer.rules.machine import why_not_password
from installer.screens.draft import Draft
from installer.sysinfo import Nic
from netconf.screens.observed import mistakes as layout_mistakes

_ROWS = {
    "network.nics": "nics",
    "network.bond": "bond",
    "network.vlan": "vlan",
    "network.mtu": "mtu",
    "network.ipv4": "ipv4",
    "network.address": "address4",
    "network.gateway": "gateway4",
    "network.ipv6": "ipv6",
    "network.address6": "address6",
    "network.gateway6": "gateway6",
    "network.dns": "dns",
    "network.search": "search",
    "machine.ntp": "ntp",
    "machine.host_name": "host_name",
    "machine.ssh_keys": "ssh_key",
    "role.engine": "engine",
    "role.fingerprint": "fingerprint",
    "role.join_code": "join_code",
}
NETWORK_ROWS = frozenset(row for path, row in _ROWS.items() if path.startswith("network.")) | {"ntp"}


def network_mistakes(draft: Draft, nics: Sequence[Nic]) -> dict[str, str]:
    """With those that netconf finds in a layout, such as that no NIC is chosen."""
    found = layout_mistakes(draft.layout) | _rows(draft, nics)
    return {row: sentence for row, sentence in found.items() if row in NETWORK_ROWS}


def identity_mistakes(draft: Draft, password: str, again: str) -> dict[str, str]:
    """A password that was given before stands while both are empty."""
    rows = _rows(draft, ())
    found: dict[str, str] = {row: rows[row] for row in ("host_name", "ssh_key") if row in rows}
    if not draft.host_name.strip():
        found["host_name"] = "is missing: give the node a short name such as node1"
    if password and (reason := why_not_password(password)) is not None:
        found["password"] = reason
    elif not password and draft.password_hash is None and not draft.ssh_keys:
        found["password"] = "give a password or an SSH key: without both nobody could sign in"
    if again != password:
        found["again"] = "is not the same as above" if again else "has to be typed a second time"
    return found


def role_mistakes(draft: Draft) -> dict[str, str]:
    """At the keys the engine's words are asked for; a file may leave them out, and is warned."""
    rows = _rows(draft, ())
    found: dict[str, str] = {row: rows[row] for row in ("engine", "fingerprint", "join_code") if row in rows}
    if draft.role is Role.JOIN and not draft.engine.strip():
        found["engine"] = "is missing: the name or the address of the engine to join"
    if draft.role is Role.JOIN and not draft.fingerprint.strip():
        found["fingerprint"] = "is missing: the four words that the engine shows for its nodes"
        found.pop("join_code", None)
    return found


def _rows(draft: Draft, nics: Sequence[Nic]) -> dict[str, str]:
    """The first mistake of each row."""
    found: dict[str, str] = {}
    for path, sentence in mistakes(draft.document(nics)):
        row = _ROWS.get(path.partition("[")[0])
        if row is not None:
            found.setdefault(row, sentence)
    return found
