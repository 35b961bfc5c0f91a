"""What the lab adds to a node beside the node image, because a lab node is a container without watchdog and firmware.

Everything here is LAB ONLY. A file with `once` is written before the first boot and belongs to the node afterwards;
the others are written before every boot.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from ci.lab.names import NODE_NIC, PREFIX_LENGTH, Node

SHIM = "/usr/local/lib/trivet-lab/memlock.so"
RESOURCE_CAPABILITY = 24  # CAP_SYS_RESOURCE


@dataclass(frozen=True, slots=True)
class Addition:
    """A file of the node; `link` makes it a symbolic link instead."""

    path: str
    content: str | bytes = ""
    mode: int = 0o644
    once: bool = False
    link: str = ""


def additions(node: Node, *, lower: dict[str, str], shim: bytes | None) -> tuple[Addition, ...]:
    """`lower` holds the image's own text of the files that are changed and not replaced; `shim`: memlock.c compiled."""
    return (
        Addition("/etc/machine-id", node.machine_id + "\n", 0o444),
        Addition("/etc/hostname", node.name + "\n", once=True),
        Addition("/etc/trivet/node.toml", f'name = "{node.name}"\n', once=True),
        Addition(f"/etc/NetworkManager/system-connections/{NODE_NIC}.nmconnection", _profile(node), 0o600, once=True),
        Addition("/etc/default/sanlock", 'sanlock_opts="-w 0 -l 0 -h 0"\n'),
        Addition("/etc/systemd/system/wdmd.service", link="/dev/null"),
        Addition("/etc/systemd/system/console-getty.service.d/lab.conf", AUTOLOGIN),
        Addition("/etc/libvirt/qemu.conf", _settings(lower["/etc/libvirt/qemu.conf"], QEMU_SETTINGS), 0o600),
        Addition("/etc/libvirt/libvirtd.conf", _settings(lower["/etc/libvirt/libvirtd.conf"], LIBVIRTD_SETTINGS)),
        *_shim(shim),
    )


CHANGED = ("/etc/libvirt/qemu.conf", "/etc/libvirt/libvirtd.conf")

# The container's part of the cgroup tree has no controllers, and the kernel of a lab host may lack every LSM.
QEMU_SETTINGS = {"cgroup_controllers": "[]", "security_driver": '"none"', "user": '"root"', "group": '"root"'}

# All machines see the firmware of the host; with its UUID live migration would take every node for the same one.
LIBVIRTD_SETTINGS = {"host_uuid_source": '"machine-id"'}

AUTOLOGIN = """[Service]
ExecStart=
ExecStart=-/sbin/agetty --autologin root --noclear --keep-baud - 115200,38400,9600 $TERM
"""


def needs_shim(status: str) -> bool:
    """Does a process with this /proc/self/status lack the capability that sanlock needs to lock its memory?"""
    effective = re.search(r"^CapEff:\s*([0-9a-f]+)$", status, re.M)
    return effective is None or not int(effective[1], 16) >> RESOURCE_CAPABILITY & 1


def write(upper: Path, wanted: tuple[Addition, ...], *, first_boot: bool) -> None:
    """Put the files into the upper layer of a node that does not run."""
    for addition in wanted:
        if addition.once and not first_boot:
            continue
        path = upper / addition.path.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        if addition.link:
            path.symlink_to(addition.link)
            continue
        content = addition.content.encode() if isinstance(addition.content, str) else addition.content
        path.touch(mode=addition.mode)
        path.write_bytes(content)
        path.chmod(addition.mode)


def _settings(text: str, settings: dict[str, str]) -> str:
    """A libvirt configuration with these settings; libvirt heeds the first of two lines for the same setting."""
    names = "|".join(settings)
    kept = re.sub(rf"^(?:{names})\s*=.*\n", "", text, flags=re.M)
    return kept.rstrip("\n") + "\n\n# the lab's\n" + "".join(f"{key} = {value}\n" for key, value in settings.items())


def _profile(node: Node) -> str:
    return (
        f"[connection]\nid={NODE_NIC}\ntype=ethernet\ninterface-name={NODE_NIC}\n\n"
        f"[ipv4]\nmethod=manual\naddress1={node.address}/{PREFIX_LENGTH}\n\n[ipv6]\nmethod=disabled\n"
    )


def _shim(shim: bytes | None) -> tuple[Addition, ...]:
    if shim is None:
        return ()
    preload = f"[Service]\nEnvironment=LD_PRELOAD={SHIM}\n"
    return (
        Addition(SHIM, shim, 0o755),
        Addition("/etc/systemd/system/sanlock.service.d/lab-memlock.conf", preload),
    )
