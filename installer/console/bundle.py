"""The support bundle: logs and states of this node in one file, without secrets. What cannot be had is named in it."""

import io
import tarfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from installer.console.dependencies import Dependencies
from installer.console.operator import Operator
from installer.console.pages import TextPage
from installer.console.redact import redact
from installer.console.status_part import describe
from node.config import Config
from node.registration.credentials import KEY
from node.registration.membership import CLAIM
from node.system.files import sync_folder
from node.system.process import CommandFailed, Run

COMMAND_S = 60.0
MOST_BYTES = 4 << 20  # of each, its end
MAX_BUNDLES = 3  # bundles
COMMANDS: dict[str, tuple[str, ...]] = {
    "journal.log": ("journalctl", "--no-pager", "--output", "short-precise", "--lines", "20000"),
    "failed-units.txt": ("systemctl", "--failed", "--no-pager"),
    "trivet-gluster-status.json": ("trivet", "gluster", "status", "--json"),
    "trivet-ha-status.json": ("trivet", "ha", "status", "--json"),
    "trivet-ha-why.json": ("trivet", "ha", "why", "--json"),
    "trivet-net-show.yml": ("trivet", "net", "show"),
    "gluster-volume-info.txt": ("gluster", "--mode=script", "volume", "info"),
    "gluster-volume-status.txt": ("gluster", "--mode=script", "volume", "status"),
    "addresses.txt": ("ip", "address"),
    "routes.txt": ("ip", "route", "show", "table", "all"),
    "disks.txt": ("lsblk", "--output", "NAME,SIZE,TYPE,FSTYPE,MOUNTPOINTS,SERIAL,MODEL"),
    "room.txt": ("df", "--human-readable", "--local"),
    "memory.txt": ("free", "--mebi"),
    "vms.txt": ("virsh", "--readonly", "list", "--all"),
    "leases.txt": ("sanlock", "client", "status"),
    "processes.txt": ("ps", "-eo", "pid,ppid,rss,etime,comm"),  # without arguments: strangers put passwords there
}
FILES = (
    "usr/lib/os-release",
    "etc/trivet/node.toml",
    "etc/trivet/answers.toml",
    "run/trivet-ha/status.json",
    "var/log/glusterfs/*.log",
    "var/log/glusterfs/bricks/*.log",
    "var/log/libvirt/qemu/*.log",
    "var/log/sanlock.log",
)
OF_DEPLOY = ("journal/*.jsonl",)
SECRET_FILES = ("admin-password", "recovery-code", "*.key")  # of the deploy


async def make_bundle(operator: Operator) -> None:
    deps = operator.dependencies
    path = await operator.threaded("Collecting logs and states; this takes a minute or two ...", lambda: collect(deps))
    text = (
        f"The support bundle is at\n\n    {path}\n\n{path.stat().st_size >> 10} KiB, for root alone. Keys, claim "
        "codes, passwords, their hashes and recovery codes were taken out. Names and addresses of your network are in "
        f"it: look through it before you give it away. Fetch it by scp, or copy it in a shell. "
        f"The last {MAX_BUNDLES} bundles are kept."
    )
    await operator.ask(TextPage("Support bundle", text))


def collect(deps: Dependencies, now: datetime | None = None) -> Path:
    """The path of the new bundle. Raises OSError."""
    settings = deps.settings()
    name = f"trivet-{settings.node_name}-{now or datetime.now():%Y%m%d-%H%M%S}"
    secrets = known_secrets(deps, settings)
    deps.bundles.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = deps.bundles / f"{name}.tar.gz"
    part = path.with_suffix(".part")
    for left in deps.bundles.glob("*.part"):  # of one that was cut short
        left.unlink()
    part.touch(mode=0o600)
    missing = []
    with tarfile.open(part, "w:gz") as tar:
        for inside, text, reason in (*_outputs(deps.run), *_files(deps, settings)):
            if reason:
                missing.append(f"{inside}: {reason}\n")
            if text:
                _add(tar, f"{name}/{inside}", redact(text, secrets))
        _add(tar, f"{name}/MISSING.txt", redact("".join(missing), secrets))
    part.rename(path)
    sync_folder(deps.bundles)
    for old in sorted(deps.bundles.glob("trivet-*.tar.gz"))[:-MAX_BUNDLES]:
        old.unlink()
    return path


def known_secrets(deps: Dependencies, settings: Config) -> set[str]:
    """Every line of the files that hold nothing but secrets, and the hashes of passwords."""
    own, deploy = settings.own_folder, deps.deploy_folder
    files = [own / KEY, own / CLAIM, *(found for pattern in SECRET_FILES for found in deploy.glob(pattern))]
    lines = {line.strip() for file in files for line in _read(file)[0].splitlines()}
    shadow = _read(deps.root_folder / "etc/shadow")[0].splitlines()
    hashes = {line.split(":")[1] for line in shadow if line.count(":") > 1}
    return {one for one in lines | hashes if not one.startswith("-----")}


def _outputs(run: Run) -> Iterator[tuple[str, str, str]]:
    """Name, text, and why there is none."""
    for name, argv in COMMANDS.items():
        try:
            yield f"commands/{name}", run(*argv, timeout_s=COMMAND_S), ""
        except CommandFailed as err:
            yield f"commands/{name}", err.stdout, err.text.why


def _files(deps: Dependencies, settings: Config) -> Iterator[tuple[str, str, str]]:
    own = [(deps.root_folder, pattern) for pattern in FILES]
    own += [(deps.deploy_folder, pattern) for pattern in OF_DEPLOY]
    own += [(settings.ha_folder, "history.jsonl")]
    for folder, pattern in own:
        found = _glob(folder, pattern)
        if not found:
            yield f"files/{pattern}", "", f"nothing at {folder / pattern}"
        for path in found:
            text, reason = _read(path)
            yield f"files/{folder.name or 'root'}/{path.relative_to(folder)}", text, reason


def _glob(folder: Path, pattern: str) -> Sequence[Path]:
    return sorted(path for path in folder.glob(pattern) if path.is_file() and not path.is_symlink())


def _read(path: Path) -> tuple[str, str]:
    """Its end, and why there is nothing."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, io.SEEK_END)
            file.seek(max(0, size - MOST_BYTES))
            return file.read(MOST_BYTES).decode(errors="replace"), ""
    except OSError as err:
        return "", describe(err)


def _add(tar: tarfile.TarFile, name: str, text: str) -> None:
    data = text.encode()
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = len(data), 0o600, int(datetime.now().timestamp())
    tar.addfile(entry, io.BytesIO(data))
