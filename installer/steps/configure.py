"""Writes the first-boot configuration into the layers that the node lays over /etc and /var."""

import os
from pathlib import Path

from installer.disk_layout import SLOT
from installer.steps.first_boot import JOIN_REQUEST, TargetFile, first_boot_files, place_in
from installer.steps.work import Work
from node.system.files import link, sync_folder, write_durable

_DAY_S = 86400
_PROFILES = ".nmconnection"
_HOST_KEYS = ("ed25519", "ecdsa")


def configure(work: Work) -> None:
    """Reads the image's own files from the disk, where they have been verified, and not from the live system, which
    has changed some of them."""
    state = work.state()
    image = work.target.mount("image", work.partition(SLOT), "squashfs", options="ro")
    shadow = (image / "etc/shadow").read_text()
    place_in(state, JOIN_REQUEST).unlink(missing_ok=True)  # of answers before these
    for file in first_boot_files(work.plan, shadow=shadow, day=int(work.clock.now() // _DAY_S)):
        _write(work, state, image, file)
    if work.plan.answers.machine.ssh_keys:
        _make_host_keys(work, state, image)
    work.target.unmount("image")


def _write(work: Work, state: Path, image: Path, file: TargetFile) -> None:
    path = place_in(state, file.path)
    make_folders(state, image, str(Path(file.path).parent))
    if file.link:
        link(path, Path(file.link))
        sync_folder(path.parent)
        return
    content = file.content
    if file.path.endswith(_PROFILES):
        content = _by_networkmanager(work, content)
    write_durable(path, content, mode=file.mode)
    own = image / file.path
    if own.exists():  # /etc/shadow is the group shadow's
        os.chown(path, own.stat().st_uid, own.stat().st_gid)


def make_folders(state: Path, image: Path, folder: str) -> None:
    """With the mode and the owner that each has in the image: those of the upper layer are what counts."""
    if "/" not in folder:
        return
    make_folders(state, image, folder.rpartition("/")[0])
    made, own = place_in(state, folder), image / folder
    made.mkdir(exist_ok=True)
    if own.is_dir():
        made.chmod(own.stat().st_mode & 0o7777)
        os.chown(made, own.stat().st_uid, own.stat().st_gid)
    else:
        made.chmod(0o755)


def _by_networkmanager(work: Work, profile: str) -> str:
    """The same as NetworkManager's own code reads and writes it: what that does not understand fails here, and not at
    the first boot of a node that nobody can reach then."""
    name = next(line.removeprefix("id=") for line in profile.splitlines() if line.startswith("id="))
    return work.run("nmcli", "--offline", "connection", "modify", "connection.id", name, stdin=profile)


def _make_host_keys(work: Work, state: Path, image: Path) -> None:
    make_folders(state, image, "etc/ssh")
    for kind in _HOST_KEYS:
        path = place_in(state, f"etc/ssh/ssh_host_{kind}_key")
        for old in (path, path.with_name(f"{path.name}.pub")):
            old.unlink(missing_ok=True)
        comment = f"root@{work.plan.answers.machine.host_name}"
        work.run("ssh-keygen", "-q", "-t", kind, "-N", "", "-C", comment, "-f", str(path))
    sync_folder(place_in(state, "etc/ssh"))
