"""Fetches the SDK's examples and Ansible's collection from the package index: others' work, never committed."""

import fcntl
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path, PurePath

_CACHE = Path(sys.prefix) / "share" / "trivet-conformance"  # beside the SDK that they belong to
_SDK = "ovirt-engine-sdk-python"
_ANSIBLE = "ansible==12.3.0"  # the release of the collections that goes with ansible-core 2.19
_COLLECTION = "ansible_collections/ovirt/ovirt/"
_FETCH_S = 600


def sdk_examples() -> Path:
    """The folder of the SDK's example scripts, of the version that is installed."""
    wanted = f"{_SDK}=={version(_SDK)}"
    return _cached(wanted, _unpack_examples, "--no-binary", _SDK)


def ansible_collections() -> Path:
    """The folder to put on a path of Python's so that `ansible_collections.ovirt.ovirt` is found."""
    return _cached(_ANSIBLE, _unpack_collection)


def _cached(wanted: str, unpack: Callable[[Path, Path], None], *options: str) -> Path:
    """What `unpack` takes out of a package's archive; fetched by one process at a time, and there only when whole."""
    target = _CACHE / wanted
    if target.exists():
        return target
    _CACHE.mkdir(parents=True, exist_ok=True)
    with (_CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            with tempfile.TemporaryDirectory(dir=_CACHE) as folder:
                unpack(_download(Path(folder), wanted, *options), Path(folder) / "whole")
                (Path(folder) / "whole").rename(target)
    return target


def _download(folder: Path, wanted: str, *options: str) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*command, *options, "--dest", str(folder), wanted], check=True, timeout=_FETCH_S)
    (archive,) = folder.iterdir()
    return archive


def _unpack_examples(archive: Path, target: Path) -> None:
    with tarfile.open(archive) as package:
        for member in package:
            inside = PurePath(member.name).parts[1:]
            if member.isfile() and inside[0] == "examples" and ".." not in inside:
                file = target.joinpath(*inside[1:])
                file.parent.mkdir(parents=True, exist_ok=True)
                content = package.extractfile(member)
                assert content is not None
                file.write_bytes(content.read())


def _unpack_collection(archive: Path, target: Path) -> None:
    with zipfile.ZipFile(archive) as package:
        package.extractall(target, [name for name in package.namelist() if name.startswith(_COLLECTION)])


if __name__ == "__main__":
    print(sdk_examples(), ansible_collections())
