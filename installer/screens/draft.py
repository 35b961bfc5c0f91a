"""The answers while they are being given: text as it was typed, on its way to `Answers`, and back from there; pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import msgspec

from hosted_engine.deploy.decoding import build
from hosted_engine.deploy.decoding import decode as decode_table
from installer.answers import Answers, Ip, NetworkAnswers, Role
from installer.expressions import matching
from installer.network_plan import choose_nics, layout_of
from installer.reading import from_document
from installer.screens.disk_choice import expression_of, names_of_dirty, proposed_system
from installer.sysinfo import Disk, Nic, SysInfo
from netconf.screens.layout import NO_BOND, Layout, split_list
from netconf.screens.layout import Ip as LayoutIp

_SECTIONS = {
    LayoutIp.OFF: Ip.OFF,
    LayoutIp.DHCP: Ip.DHCP,
    LayoutIp.STATIC: Ip.STATIC,
    LayoutIp.AUTO: Ip.AUTO,
}


@dataclass
class Draft:
    """Each page fills its own fields. Disks are expressions that say one disk each; NICs of the layout are names. The
    password is kept as its hash alone. `wipe` holds what was typed again at the review, `tested` is the layout whose
    test was seen."""

    system: str = ""
    bricks: tuple[str, ...] = ()
    wipe: tuple[str, ...] = ()
    layout: Layout = field(default_factory=lambda: Layout(bridge=False))
    tested: Layout | None = None
    ntp: str = ""
    host_name: str = ""
    password_hash: str | None = None
    ssh_keys: tuple[str, ...] = ()
    role: Role = Role.LATER
    engine: str = ""
    fingerprint: str = ""
    join_code: str = ""

    def document(self, nics: Sequence[Nic]) -> dict[str, dict[str, object]]:
        """As `answers.toml` has it, mistakes and gaps included; what is empty is not there."""
        joins = self.role is Role.JOIN
        tables: dict[str, dict[str, object]] = {
            "machine": {
                "host_name": self.host_name.strip(),
                "password_hash": self.password_hash,
                "ssh_keys": list(self.ssh_keys),
                "ntp": split_list(self.ntp),
            },
            "disks": {"system": self.system, "bricks": list(self.bricks), "wipe": list(self.wipe)},
            "network": _network(self.layout, nics),
            "role": {
                "kind": self.role.value,
                "engine": self.engine.strip() if joins else "",
                "fingerprint": self.fingerprint.strip() if joins else "",
                "join_code": self.join_code.strip() if joins else "",
            },
        }
        return {name: {key: value for key, value in table.items() if value} for name, table in tables.items()}

    def to_answers(self, sysinfo: SysInfo) -> Answers:
        """Raises AnswersWrong."""
        return from_document(self.document(sysinfo.nics)).answers

    def to_network(self, nics: Sequence[Nic]) -> NetworkAnswers:
        """What is good of the network, when the page of it finds no mistake: all."""
        network: NetworkAnswers = build(
            NetworkAnswers, decode_table(NetworkAnswers, _network(self.layout, nics)).values
        )
        return network

    def to_answers_losing(self, sysinfo: SysInfo) -> Answers:
        """As if all that the review asks for had been typed. Raises AnswersWrong."""
        return replace(self, wipe=names_of_dirty(self.chosen(sysinfo.disks))).to_answers(sysinfo)

    def chosen(self, disks: Sequence[Disk]) -> tuple[Disk, ...]:
        """Of `disks` the system disk, then those of bricks."""
        return tuple(disk for said in (self.system, *self.bricks) if said for disk in matching(said, disks))

    def encode(self) -> bytes:
        return msgspec.json.encode(self)


def decode(data: bytes) -> Draft:
    """Raises msgspec.ValidationError or msgspec.DecodeError."""
    return msgspec.json.decode(data, type=Draft)


def draft_of(answers: Answers, sysinfo: SysInfo) -> Draft:
    """An expression that says several disks becomes one of each; the passwords are hashed before this."""
    said = {
        name: tuple(expression_of(disk, sysinfo.disks) for one in expressions for disk in matching(one, sysinfo.disks))
        for name, expressions in (("system", (answers.disks.system,)), ("bricks", answers.disks.bricks))
    }
    return Draft(
        system=said["system"][0] if len(said["system"]) == 1 else "",
        bricks=tuple(dict.fromkeys(said["bricks"])),
        wipe=answers.disks.wipe,
        layout=layout_of(answers.network, choose_nics(answers.network, sysinfo)[0]),
        ntp=" ".join(answers.machine.ntp),
        host_name=answers.machine.host_name,
        password_hash=answers.machine.password_hash,
        ssh_keys=answers.machine.ssh_keys,
        role=answers.role.kind,
        engine=answers.role.engine or "",
        fingerprint=answers.role.fingerprint or "",
        join_code=answers.role.join_code or "",
    )


def proposed(sysinfo: SysInfo) -> Draft:
    """What is likely right: the first NIC with a link, asking by DHCP. No disk is proposed that is not empty."""
    disk = proposed_system(sysinfo.disks)
    nic = next((nic for nic in sysinfo.nics if nic.carrier), None)
    return Draft(
        system=expression_of(disk, sysinfo.disks) if disk is not None else "",
        layout=Layout(nics=(nic.name,) if nic is not None else (), bridge=False),
    )


def _network(layout: Layout, nics: Sequence[Nic]) -> dict[str, object]:
    macs = {nic.name: nic.mac for nic in nics}
    table: dict[str, object] = {
        "nics": [macs.get(name) or name for name in layout.nics],
        "bond": "" if layout.bond == NO_BOND else layout.bond,
        "vlan": _number(layout.vlan),
        "mtu": _number(layout.mtu),
        "ipv4": _SECTIONS[layout.ipv4].value,
        "ipv6": _SECTIONS[layout.ipv6].value,
        "dns": split_list(layout.dns),
        "search": split_list(layout.search),
    }
    if layout.ipv4 is LayoutIp.STATIC:
        table |= {"address": layout.address4.strip(), "gateway": layout.gateway4.strip()}
    if layout.ipv6 is LayoutIp.STATIC:
        table |= {"address6": layout.address6.strip(), "gateway6": layout.gateway6.strip()}
    return table


def _number(text: str) -> int | str:
    """Text where it is none: that is a mistake in a document."""
    return int(text) if text.strip().isdecimal() else text.strip()
