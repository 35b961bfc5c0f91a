"""The files that make an image this one node, as they lie over /etc and /var of it; pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from installer.answers import Role, RoleAnswers
from installer.disk_layout import id_of, volume_group
from installer.keyfile import keyfile
from installer.plan import Brick, InstallPlan
from installer.steps.bricks import filesystem_uuid
from netconf.pinning import link_file
from node.api.problems import Failed
from node.registration.join_files import REQUEST, JoinRequest

JOIN_REQUEST = str(REQUEST).removeprefix("/")


@dataclass(frozen=True, slots=True)
class TargetFile:
    """`path` is as on the node, without the first slash; `link` makes it a symbolic link instead."""

    path: str
    content: str = ""
    mode: int = 0o644
    link: str = ""


class NoRoot(Failed):
    what = "Cannot set root's password"
    why = "the system on the medium has no root in its /etc/shadow"
    mend = "Use another medium"


def first_boot_files(plan: InstallPlan, *, shadow: str, day: int) -> tuple[TargetFile, ...]:
    """`shadow` is the image's own text; `day` is today, counted from 1970. Raises NoRoot."""
    machine = plan.answers.machine
    name = machine.host_name.partition(".")[0]
    return (
        TargetFile("etc/hostname", f"{machine.host_name}\n"),
        TargetFile("etc/machine-id", id_of(plan.installation_id, "machine id").replace("-", "") + "\n", 0o444),
        TargetFile("etc/adjtime", "0.0 0 0.0\n0\nUTC\n"),
        TargetFile("etc/shadow", with_password(shadow, machine.password_hash, day), 0o640),
        TargetFile("etc/trivet/node.toml", f'name = "{name}"\nshipped_images = "/state/images"\n'),
        *_network(plan),
        *_join(plan.answers.role),
        *_time(machine.ntp),
        *_ssh(machine.ssh_keys),
        _lvm(plan),
        *(file for brick in plan.bricks for file in _brick(plan.installation_id, brick)),
    )


def with_password(shadow: str, password_hash: str | None, day: int) -> str:
    """root's line of /etc/shadow, shadow(5), with this hash; without one it stays as the image has it: locked."""
    lines = shadow.splitlines(keepends=True)
    for place, line in enumerate(lines):
        fields = line.rstrip("\n").split(":")
        if fields[0] == "root":
            if password_hash is not None:
                fields[1:3] = [password_hash, str(day)]
            lines[place] = ":".join(fields) + "\n"
            return "".join(lines)
    raise NoRoot


def _network(plan: InstallPlan) -> Iterator[TargetFile]:
    """The names of the NICs, too: profiles go by name, and a card that is added must not change it."""
    folder = "etc/NetworkManager/system-connections"
    for profile in plan.network.profiles:
        yield TargetFile(f"{folder}/trivet-{profile.interface}.nmconnection", keyfile(profile.settings), 0o600)
    for nic in plan.network.nics:
        yield TargetFile(f"etc/systemd/network/70-trivet-{nic.name}.link", link_file(nic.name, nic.mac))


def _join(role: RoleAnswers) -> Iterator[TargetFile]:
    """For the agent, which asks by itself only where the engine's key was said."""
    if role.kind is Role.JOIN and role.engine and role.fingerprint:
        request = JoinRequest(engine=role.engine, fingerprint=role.fingerprint, join_code=role.join_code or "")
        yield TargetFile(JOIN_REQUEST, msgspec.json.encode(request).decode(), 0o600)


def _time(ntp: tuple[str, ...]) -> Iterator[TargetFile]:
    if ntp:
        yield TargetFile("etc/systemd/timesyncd.conf.d/trivet.conf", f"[Time]\nNTP={' '.join(ntp)}\n")


def _ssh(keys: tuple[str, ...]) -> Iterator[TargetFile]:
    if keys:
        yield TargetFile("etc/ssh/authorized_keys/root", "".join(f"{key.strip()}\n" for key in keys), 0o600)
        yield _enabled("multi-user.target", "ssh.service", "/usr/lib/systemd/system/ssh.service")


def _lvm(plan: InstallPlan) -> TargetFile:
    """Volume groups of other disks, an earlier installation's among them, stay asleep."""
    groups = ", ".join(f'"{volume_group(plan.installation_id, brick.number)}"' for brick in plan.bricks)
    return TargetFile("etc/lvm/lvmlocal.conf", f"activation {{\n\tauto_activation_volume_list = [ {groups} ]\n}}\n")


def _brick(installation_id: str, brick: Brick) -> Iterator[TargetFile]:
    """`nofail`: a node whose brick is broken starts, says so, and its Gluster serves what is left. Wanted by its device
    as well: one that comes after systemd has given it up (90 s) is mounted then."""
    unit = brick.mount.removeprefix("/").replace("/", "-") + ".mount"
    path = f"etc/systemd/system/{unit}"
    uuid = filesystem_uuid(installation_id, brick)
    device = "dev-disk-by\\x2duuid-" + uuid.replace("-", "\\x2d") + ".device"  # as systemd-escape --path says it
    yield TargetFile(
        path,
        f"[Unit]\nDescription=Brick {brick.mount}\nBefore=glusterd.service\n\n"
        f"[Mount]\nWhat=/dev/disk/by-uuid/{uuid}\nWhere={brick.mount}\nType=xfs\n"
        "Options=noatime,nofail\n\n[Install]\nWantedBy=local-fs.target\n",
    )
    for target in ("local-fs.target", device):
        yield _enabled(target, unit, f"/etc/systemd/system/{unit}")


def _enabled(target: str, unit: str, file: str) -> TargetFile:
    return TargetFile(f"etc/systemd/system/{target}.wants/{unit}", link=file)


def place_in(state: Path, path: str) -> Path:
    """Where a file of the node lies on its state file system: in the upper layer of /etc or /var."""
    top, _, rest = path.partition("/")
    return state / top / "upper" / rest
