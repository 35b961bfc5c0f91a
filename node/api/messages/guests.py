"""What the agent in a guest says of it. All of it is the guest's word, and the guest may lie."""

from node.api.messages.base import Message


class GuestNic(Message, frozen=True, kw_only=True):
    """`addresses` are those of IPv4 and IPv6, without prefixes."""

    name: str
    mac: str
    addresses: tuple[str, ...] = ()


class GuestUser(Message, frozen=True, kw_only=True):
    """Somebody who is signed in; `since` in seconds since the epoch, by the guest's clock."""

    name: str
    domain: str = ""
    since: float = 0.0


class GuestFilesystem(Message, frozen=True, kw_only=True):
    mountpoint: str
    type: str
    size_bytes: int
    used_bytes: int


class GuestSystem(Message, frozen=True, kw_only=True):
    """As /etc/os-release of the guest has it, and its kernel. `id` is `mswindows` for Windows."""

    id: str = ""
    name: str = ""
    version: str = ""
    version_id: str = ""
    kernel: str = ""
    machine: str = ""


class GuestReport(Message, frozen=True, kw_only=True):
    """`talks`: False when its agent has ended, and nothing is known of the guest any more. `utc_offset_s` counts to the
    east. `agent` is the agent's version."""

    vm_id: str
    talks: bool = True
    host_name: str = ""
    agent: str = ""
    system: GuestSystem = GuestSystem()
    time_zone: str = ""
    utc_offset_s: int = 0
    nics: tuple[GuestNic, ...] = ()
    users: tuple[GuestUser, ...] = ()
    filesystems: tuple[GuestFilesystem, ...] = ()
