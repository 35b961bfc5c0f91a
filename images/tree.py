"""Making a Debian root tree and running its own programs in it, sealed off from this machine's files and network."""

import math
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from images import mirrors
from node.api.problems import Failed
from node.system.process import CommandFailed, Run

BUILD_TIMEOUT_S = 1200
SOURCE_DATE = 1767225600  # 2026-01-01: of what a build writes that has no other date

# Prefix of a command with children of its own: when this process is killed, all of them go, and their mounts with them.
DIES_WITH_US = ("bwrap", "--dev-bind", "/", "/", "--proc", "/proc", "--unshare-pid", "--die-with-parent", "--")

# Documentation and translations are not read on an appliance; licences stay.
LEFT_OUT = (
    "path-exclude=/usr/share/doc/*",
    "path-include=/usr/share/doc/*/copyright",
    "path-exclude=/usr/share/man/*",
    "path-exclude=/usr/share/info/*",
    "path-exclude=/usr/share/locale/*",
    "path-include=/usr/share/locale/locale.alias",
    "path-exclude=/usr/share/lintian/*",
    "path-exclude=/usr/share/bug/*",
)

# What the build itself leaves in a tree, or what must be made anew on each machine.
LEFTOVERS = (
    "etc/apt/apt.conf.d/99mmdebstrap",
    "etc/apt/auth.conf.d",
    "etc/apt/sources.list",
    "etc/apt/sources.list.d",
    "etc/hostname",
    "etc/passwd-",
    "etc/group-",
    "etc/shadow-",
    "etc/gshadow-",
    "var/cache/debconf/config.dat-old",
    "var/cache/debconf/templates.dat-old",
    "var/cache/ldconfig/aux-cache",
    "var/lib/dbus/machine-id",
    "var/lib/systemd/random-seed",
    "var/log/apt",
    "var/log/alternatives.log",
    "var/log/bootstrap.log",
    "var/log/dpkg.log",
)


@dataclass(frozen=True, slots=True)
class Debian:
    """A root tree by its packages; recommended packages are not taken."""

    packages: tuple[str, ...]
    left_out: tuple[str, ...] = LEFT_OUT


class NoDebian(Failed):
    what = "Cannot fetch Debian {suite} for an image"
    why = "{reason}"
    mend = "Check that apt on this machine works, and that the mirror it is told ({mirror}) has {suite}"


def make_debian(root: Path, debian: Debian, run: Run) -> None:
    """Fill `root` (which must not exist) with Debian from this machine's mirrors, and forget where it came from."""
    options = (f"--include={','.join(debian.packages)}", *(f"--dpkgopt={line}" for line in debian.left_out))
    mmdebstrap(root, ("--variant=minbase", *options), run)
    clean(root)


def mmdebstrap(root: Path, options: Sequence[str], run: Run) -> None:
    archive = mirrors.observe(run)
    fixed = ("mmdebstrap", "--mode=root", "--format=directory", "--architectures=amd64")
    target = (mirrors.SUITE, str(root), *archive.sources())
    try:
        run(*DIES_WITH_US, *fixed, *options, *apt_options(run), *target, timeout_s=BUILD_TIMEOUT_S)
    except CommandFailed as err:
        raise NoDebian(suite=mirrors.SUITE, mirror=archive.main, reason=errors(str(err.values["reason"]))) from err


def errors(text: str) -> str:
    """What apt and dpkg call errors, without progress and mmdebstrap's echo; all of it when they call nothing so."""
    told = [line.strip() for line in text.splitlines() if line.startswith(("E: ", "dpkg: error"))]
    causes = [line.removeprefix("E: ") for line in told if "mmdebstrap" not in line and "-oAPT::Status-Fd" not in line]
    return " ".join(dict.fromkeys(causes)).rstrip(".") or text


def apt_options(run: Run) -> list[str]:
    """What mmdebstrap has to be told so that its apt reaches the mirrors the way this machine's does."""
    lines = ['Acquire::Languages "none"', *mirrors.observe_settings(run)]
    lines += [f'Dir::Etc::{kind} "{path}"' for kind, path in _credentials()]
    return [f"--aptopt={line}" for line in lines]


def _credentials() -> list[tuple[str, Path]]:
    """Where apt finds the passwords of private mirrors, read by apt itself and never copied."""
    known = [("netrc", Path("/etc/apt/auth.conf")), ("netrcparts", Path("/etc/apt/auth.conf.d"))]
    return [(kind, path) for kind, path in known if path.exists()]


def clean(root: Path) -> None:
    """Take away what belongs to the build or would be the same on every machine made from the image."""
    for name in LEFTOVERS:
        path = root / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    for folder in ("etc/apt/sources.list.d", "var/log/journal"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for name in ("etc/machine-id", "etc/resolv.conf"):
        _write_empty(root / name)
    for folder in ("var/lib/apt/lists", "var/cache/apt", "tmp", "run", "var/tmp"):
        for path in (root / folder).iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()


def clamp_times(root: Path, begun: float) -> None:
    """What the build that began at `begun` has written below, dated like the youngest of what came with packages: two
    builds do not differ in times, and Python's compiled files of packages stay good."""
    date = youngest(root, before=begun) or SOURCE_DATE
    for path in (root, *root.rglob("*")):
        if path.lstat().st_mtime >= begun:
            os.utime(path, (date, date), follow_symlinks=False)


def youngest(root: Path, before: float = math.inf) -> int:
    """When the file below was written last that is older than `before`, in whole seconds since 1970; 0 for none."""
    return int(max((time for path in root.rglob("*") if (time := path.lstat().st_mtime) < before), default=0))


def _write_empty(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.write_text("")
    path.chmod(0o644)


def overlay(configuration: Path, root: Path) -> None:
    """Copy our configuration files over a tree: owned by root, 0644, or 0755 where git says executable."""
    for source in sorted(configuration.rglob("*")):
        target = root / source.relative_to(configuration)
        if source.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            target.symlink_to(source.readlink())
        elif source.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.unlink(missing_ok=True)
            target.write_bytes(source.read_bytes())
            target.chmod(0o755 if os.access(source, os.X_OK) and source.stat().st_mode & 0o111 else 0o644)


def run_in(
    root: Path,
    argv: Sequence[str],
    run: Run,
    *,
    writable: bool = True,
    binds: Mapping[Path, str] | None = None,
    environment: Mapping[str, str] | None = None,
    timeout_s: float = BUILD_TIMEOUT_S,
) -> str:
    """Run a program of the tree with the tree as its root, without network and without this machine's environment.
    `binds` shows folders of this machine inside, writable."""
    seal = ["--unshare-net", "--unshare-pid", "--unshare-ipc", "--die-with-parent", "--new-session", "--clearenv"]
    for name, value in {"PATH": "/usr/sbin:/usr/bin", "LC_ALL": "C.UTF-8", **(environment or {})}.items():
        seal += ["--setenv", name, value]
    seal += ["--bind" if writable else "--ro-bind", str(root), "/", "--dev", "/dev", "--proc", "/proc"]
    seal += ["--tmpfs", "/tmp", "--tmpfs", "/run"]
    for outside, inside in (binds or {}).items():
        seal += ["--bind", str(outside), inside]
    return run("bwrap", *seal, "--", *argv, timeout_s=timeout_s)
