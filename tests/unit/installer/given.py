"""Answers and a machine that go together, to be changed by tests."""

from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv4Interface

import msgspec

from installer.answers import Answers, DiskAnswers, Ip, MachineAnswers, NetworkAnswers
from installer.disk_layout import GIB
from installer.sysinfo import Disk, Nic, SysInfo

VERSION = "0.1.0.202611301104"
ID = "8d6f0b0a-3a5e-4c43-9a67-0f1c7c3f5a10"
SHADOW = "root:*:20000:0:99999:7:::\ndaemon:*:20000:0:99999:7:::\n"


def answers(**changes: object) -> Answers:
    made = Answers(
        machine=MachineAnswers(
            host_name="node1.example.org",
            password_hash="$y$j9T$abc$def",
            ssh_keys=("ssh-ed25519 AAAA admin",),
            ntp=("192.0.2.123",),
        ),
        disks=DiskAnswers(system='serial == "SYS"', bricks=('serial == "BRICK"',)),
        network=NetworkAnswers(
            nics=("52:54:00:00:00:01",),
            ipv4=Ip.STATIC,
            address=IPv4Interface("192.0.2.11/24"),
            gateway=IPv4Address("192.0.2.1"),
        ),
    )
    return msgspec.structs.replace(made, **changes)


def sysinfo(*disks: Disk) -> SysInfo:
    return SysInfo(
        version=VERSION,
        uuid="4c4c4544-0051-3610-8035-b6c04f4d3132",
        virtualization="vmx",
        cpus=4,
        memory_bytes=16 * GIB,
        clock=datetime.now(UTC).isoformat(timespec="seconds"),
        disks=disks,
        nics=(Nic(name="enp1s0", mac="52:54:00:00:00:01", carrier=True, speed_mbps=1000),),
    )


def disk(serial: str, **changes: object) -> Disk:
    made = Disk(path=f"/dev/{serial.lower()}", size_bytes=20 * GIB, serial=serial, model="QEMU HARDDISK")
    return msgspec.structs.replace(made, **changes)
