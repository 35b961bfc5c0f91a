"""All that an installation asks for, as the screens fill it in and as `answers.toml` has it: one structure for both."""

from enum import StrEnum
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface

import msgspec


class Ip(StrEnum):
    """Where the addresses of one family come from."""

    OFF = "off"
    DHCP = "dhcp"
    STATIC = "static"
    AUTO = "auto"  # IPv6: router advertisements, and DHCPv6 as they say


class Role(StrEnum):
    FIRST = "first"  # the console goes on with creating a site
    JOIN = "join"  # asks a living site to take it
    LATER = "later"  # neither


class MachineAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """`password_hash` is root's, as crypt(5) has it (yescrypt); without one nobody signs in at the console by password.
    `password` is the same in clear, for those who insist; it is hashed at once and kept nowhere.
    `ssh_keys` are lines of authorized_keys; with none, sshd does not run.
    """

    host_name: str
    password_hash: str | None = None
    password: str | None = None
    ssh_keys: tuple[str, ...] = ()
    ntp: tuple[str, ...] = ()


class DiskAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """Disks are said by expressions (`serial == "S1"`, `size > 200G and not removable`). `system` has to match one
    disk; `bricks` may match several, each becomes one brick disk. `wipe` names, by serial number or WWN, the disks
    whose content may be lost: a chosen disk that is not empty is refused without that.
    """

    system: str
    bricks: tuple[str, ...] = ()
    wipe: tuple[str, ...] = ()


class NetworkAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """The network of the node as installed. `nics` are permanent MAC addresses, or names; more than one make a bond.
    `trivet deploy` puts the management bridge over it."""

    nics: tuple[str, ...]
    bond: str | None = None  # a mode; active-backup where several NICs are given and nothing is said
    vlan: int | None = None
    mtu: int | None = None
    ipv4: Ip = Ip.DHCP
    address: IPv4Interface | None = None
    gateway: IPv4Address | None = None
    ipv6: Ip = Ip.OFF
    address6: IPv6Interface | None = None
    gateway6: IPv6Address | None = None
    dns: tuple[IPv4Address | IPv6Address, ...] = ()
    search: tuple[str, ...] = ()


class RoleAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """`engine` is the name or address of the engine to join, `fingerprint` its four words."""

    kind: Role = Role.LATER
    engine: str | None = None
    fingerprint: str | None = None


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    machine: MachineAnswers
    disks: DiskAnswers
    network: NetworkAnswers
    role: RoleAnswers = RoleAnswers()
