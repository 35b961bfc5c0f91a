"""Looks into finished images for what must not be in one: secrets, passwords, identities, traces of the builder."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

# What has to be made on each machine anew. Patterns below the root of a tree.
IDENTITIES = (
    "etc/ssh/ssh_host_*",
    "etc/nvme/host*",
    "etc/hostname",
    "etc/trivet/*",
    "var/lib/dbus/machine-id",
    "var/lib/systemd/random-seed",
    "var/lib/glusterd/glusterd.info",
    "var/lib/NetworkManager/secret_key",
    "var/lib/trivet/*",
    "var/lib/trivet-engine/*",
)

# How this machine reaches its registries.
ACCESS = (
    "etc/apt/apt.conf.d/99mmdebstrap",
    "etc/apt/auth.conf*",
    "etc/apt/sources.list",
    "etc/apt/sources.list.d/*",
    "etc/pip.conf",
    "root/.config",
    "root/.netrc",
    "root/.pip",
    "var/lib/apt/lists/*",
)

EMPTY = ("etc/machine-id", "etc/resolv.conf")

WRITTEN_FOLDERS = ("etc", "home", "opt", "root", "srv", "usr/local", "var")
PRIVATE_KEY = re.compile(rb"^-----BEGIN [A-Z ]*PRIVATE KEY-----", re.MULTILINE)
LARGEST_TEXT_BYTES = 1 << 20


def findings(root: Path, registries: Iterable[str] = ()) -> list[str]:
    """A sentence for each thing that is wrong with a root tree; `registries` are names that may not occur in it."""
    return [*_present(root), *_passwords(root), *_texts(root, [name.encode() for name in registries])]


def _present(root: Path) -> Iterator[str]:
    for pattern in (*IDENTITIES, *ACCESS):
        for path in sorted(root.glob(pattern)):
            yield f"{path.relative_to(root)} is in the image"
    for name in EMPTY:
        path = root / name
        if path.exists() and path.stat().st_size > 0:
            yield f"{name} is not empty"


def _passwords(root: Path) -> Iterator[str]:
    shadow = root / "etc/shadow"
    for line in shadow.read_text().splitlines() if shadow.exists() else ():
        user, password = line.split(":")[:2]
        if not password.startswith(("!", "*")):
            yield f"user {user} can log in with a password" if password else f"user {user} needs no password"


def _texts(root: Path, registries: list[bytes]) -> Iterator[str]:
    for path in _files(root):
        content = path.read_bytes()
        if b"\0" in content:
            continue
        name = path.relative_to(root)
        if PRIVATE_KEY.search(content):
            yield f"{name} holds a private key"
        for registry in registries:
            if registry in content:
                yield f"{name} names the registry {registry.decode()}"


def _files(root: Path) -> Iterator[Path]:
    for folder in WRITTEN_FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= LARGEST_TEXT_BYTES:
                yield path
