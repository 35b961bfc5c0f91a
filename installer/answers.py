"""All that an installation asks for, as the screens fill it in and as `answers.toml` has it: one structure for both.

Each field carries its rule, for `installer.reading` and for whoever asks while it is typed, and its description, for
the JSON Schema.
"""

from enum import StrEnum
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface, ip_address
from typing import Annotated

import msgspec
from msgspec import Meta

from hosted_engine.deploy.decoding import Rule
from hosted_engine.deploy.rules import addresses, names
from installer.expressions import why_not_expression
from installer.rules import disks, machine, network, role

Expression = Annotated[str, Rule(why_not_expression)]


class Ip(StrEnum):
    """Where the addresses of one family come from."""

    OFF = "off"
    DHCP = "dhcp"
    STATIC = "static"
    AUTO = "auto"  # IPv6: router advertisements, and DHCPv6 as they say


class Role(StrEnum):
    FIRST = "first"  # the console goes on with creating a site
    JOIN = "join"  # asks the engine of a site that runs to take it
    LATER = "later"  # neither


class MachineAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """`password_hash` is root's, as crypt(5) has it (yescrypt); without one nobody signs in at the console by password.
    `password` is the same in clear, for those who insist; it is hashed at once and kept nowhere.
    `ssh_keys` are lines of authorized_keys; with none, sshd does not run.
    """

    host_name: Annotated[
        str,
        Rule(names.why_not_node_name),
        Meta(description="The node's short name, such as node1.", examples=["node1"], max_length=names.MAX_OWN_NAME),
    ]
    password_hash: (
        Annotated[
            str,
            Rule(machine.why_not_password_hash, secret=True),
            Meta(description="Root's password as crypt(5) has it: mkpasswd -m yescrypt. Without one: no such sign-in."),
        ]
        | None
    ) = None
    password: (
        Annotated[
            str,
            Rule(machine.why_not_password, secret=True),
            Meta(description="Root's password in clear, instead of password_hash; hashed at once, kept nowhere."),
        ]
        | None
    ) = None
    ssh_keys: Annotated[
        tuple[Annotated[str, Rule(machine.why_not_ssh_key, secret=True)], ...],
        Rule(machine.why_not_ssh_keys),
        Meta(description="Root's public SSH keys, as authorized_keys has them. With none, sshd does not run."),
    ] = ()
    ntp: Annotated[
        tuple[Annotated[str, Rule(machine.why_not_ntp)], ...],
        Rule(machine.why_not_ntp_servers),
        Meta(description="Time servers, by name or address. With none: those of DHCP, then Debian's."),
    ] = ()


class DiskAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """Disks are said by expressions (`serial == "S1"`, `size > 200G and not removable`). `system` has to match one
    disk; `bricks` may match several, each becomes one brick disk. `wipe` names, by serial number or WWN, the disks
    whose content may be lost: a chosen disk that is not empty is refused without that.
    """

    system: Annotated[
        Expression,
        Meta(description="Which disk the system is put on; exactly one has to match.", examples=['serial == "S1"']),
    ]
    bricks: Annotated[
        tuple[Expression, ...],
        Rule(disks.why_not_many),
        Meta(
            description="Which disks become brick disks; each expression has to match at least one, and none the "
            "system disk. With none, the bricks are on the system disk.",
            examples=[["size > 200G and not removable"]],
        ),
    ] = ()
    wipe: Annotated[
        tuple[Annotated[str, Rule(disks.why_not_disk_id)], ...],
        Rule(disks.why_not_many),
        Meta(description="Serial numbers or WWNs of the disks whose content may be lost."),
    ] = ()


class NetworkAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """The network of the node as installed. `nics` are permanent MAC addresses, or names; more than one make a bond.
    `trivet deploy` puts the management bridge over it."""

    nics: Annotated[
        tuple[Annotated[str, Rule(network.why_not_nic)], ...],
        Rule(network.why_not_nics),
        Meta(description="The NIC, by permanent MAC address or by name; several make a bond.", min_length=1),
    ]
    bond: (
        Annotated[
            str,
            Rule(network.why_not_bond),
            Meta(
                description="The bond's mode; active-backup where several NICs are given and nothing is said.",
                extra_json_schema={"enum": list(network.BondMode)},
            ),
        ]
        | None
    ) = None
    vlan: Annotated[int, Rule(network.why_not_vlan), Meta(description="VLAN id.", ge=1, le=4094)] | None = None
    mtu: (
        Annotated[
            int,
            Rule(network.why_not_mtu),
            Meta(description="MTU; 1500 where nothing is said.", ge=network.LEAST_MTU, le=network.MOST_MTU),
        ]
        | None
    ) = None
    ipv4: Annotated[
        Ip,
        Rule(network.why_not_ipv4),
        Meta(
            description="Where its IPv4 addresses come from.", extra_json_schema={"enum": [Ip.OFF, Ip.DHCP, Ip.STATIC]}
        ),
    ] = Ip.DHCP
    address: (
        Annotated[
            IPv4Interface,
            Rule(addresses.why_not_machine_address),
            Meta(description="With its prefix length, for ipv4 = static.", examples=["192.0.2.11/24"]),
        ]
        | None
    ) = None
    gateway: Annotated[IPv4Address, Rule(addresses.why_not_gateway), Meta(description="For ipv4 = static.")] | None = (
        None
    )
    ipv6: Annotated[Ip, Meta(description="Where its IPv6 addresses come from; auto is by router advertisements.")] = (
        Ip.OFF
    )
    address6: (
        Annotated[
            IPv6Interface,
            Rule(network.why_not_address6),
            Meta(description="With its prefix length, for ipv6 = static.", examples=["2001:db8::11/64"]),
        ]
        | None
    ) = None
    gateway6: Annotated[IPv6Address, Rule(network.why_not_gateway6), Meta(description="For ipv6 = static.")] | None = (
        None
    )
    dns: Annotated[
        tuple[
            Annotated[IPv4Address | IPv6Address, Rule(network.why_not_name_server, make=ip_address)],
            ...,
        ],
        Rule(addresses.why_not_name_servers),
        Meta(description="Name servers; beside those of DHCP.", max_length=addresses.MAX_NAME_SERVERS),
    ] = ()
    search: Annotated[
        tuple[Annotated[str, Rule(network.why_not_search_domain)], ...],
        Rule(network.why_not_search),
        Meta(description="Domains in which short names are searched.", max_length=network.MAX_SEARCH),
    ] = ()


class RoleAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """`engine` is the name or address of the engine to join, `fingerprint` its four words. `join_code` is for that
    engine alone, and kept nowhere but where the node's first start finds it."""

    kind: Annotated[
        Role,
        Meta(description="first: a site is created from this node's console; join: asks an engine; later: neither."),
    ] = Role.LATER
    engine: (
        Annotated[str, Rule(role.why_not_engine), Meta(description="Name or address of the engine, for kind = join.")]
        | None
    ) = None
    fingerprint: (
        Annotated[
            str,
            Rule(role.why_not_fingerprint),
            Meta(
                description="The engine's four words or 64 hexadecimal digits, for kind = join. With them the node "
                "asks by itself after its first start; without them somebody compares the words at its console."
            ),
        ]
        | None
    ) = None
    join_code: (
        Annotated[
            str,
            Rule(role.why_not_join_code, secret=True),
            Meta(
                description="A join code of that engine (trivet-join-codes add): nobody has to "
                "approve the node. It needs the fingerprint."
            ),
        ]
        | None
    ) = None


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    machine: MachineAnswers
    disks: DiskAnswers
    network: NetworkAnswers
    role: RoleAnswers = RoleAnswers()
