"""What a medium carries, with sizes and checksums: read by the installer before it writes anything."""

from pathlib import Path

import msgspec

from node.api.problems import Refused
from node.system.copying import sha256_of
from node.upgrade.manifest import NAME, File, Manifest

SUMS = "SHA256SUMS"


class NoManifest(Refused):
    what = "{path} is no medium of Trivet"
    why = "{reason}"
    mend = "Build one: ./trivet image build iso"


def write(folder: Path, version: str) -> None:
    """Into `folder`, of all files in it; beside it the same as `sha256sum -c` reads it."""
    files = tuple(described(path) for path in sorted(folder.iterdir()) if path.name not in (NAME, SUMS))
    text = msgspec.json.format(msgspec.json.encode(Manifest(version=version, files=files)), indent=1)
    (folder / NAME).write_bytes(text + b"\n")
    (folder / SUMS).write_text("".join(f"{file.sha256}  {file.name}\n" for file in files))


def read(folder: Path) -> Manifest:
    try:
        return msgspec.json.decode((folder / NAME).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as err:
        raise NoManifest(path=folder, reason=str(err)) from err


def described(path: Path) -> File:
    size = path.stat().st_size
    return File(name=path.name, size=size, sha256=sha256_of(path, size, lambda _: None))


def differences(manifest: Manifest, folder: Path) -> list[str]:
    """A sentence for each file that is missing or is not what the manifest says."""
    found = []
    for file in manifest.files:
        path = folder / file.name
        if not path.is_file():
            found.append(f"{file.name} is missing")
        elif path.stat().st_size != file.size:
            found.append(f"{file.name} has {path.stat().st_size} bytes instead of {file.size}")
        elif described(path).sha256 != file.sha256:
            found.append(f"{file.name} has another content than it was made with")
    return found
