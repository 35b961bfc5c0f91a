"""What a lab's nodes are made of: images, devices of the host, the shim; gathered once per `lab up`."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ci.lab import additions, kvm
from ci.lab.launch import Launch
from ci.lab.names import STATE
from images import build
from node.system.process import Run

SHIPPED = "/usr/share/trivet/images"
DEVICES = ("/dev/fuse", "/dev/net/tun")
SOURCE = Path(__file__).with_name("memlock.c")

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Supplies:
    launch: Launch
    lower: dict[str, str]
    shim: bytes | None


def gather(images: build.Images, run: Run, report: Report) -> Supplies:
    devices: tuple[str, ...] = DEVICES
    if kvm.works(images.node, run, report):
        devices += (kvm.DEVICE,)
    launch = Launch(
        lowers=(str(images.trivet), str(images.node)),
        read_only={f"{SHIPPED}/engine.qcow2": str(images.engine), f"{SHIPPED}/tiny.qcow2": str(images.tiny)},
        devices=devices,
    )
    return Supplies(launch, {path: _read(images, path) for path in additions.CHANGED}, shim(run))


def shim(run: Run) -> bytes | None:
    """memlock.c compiled, None where the host does not need it."""
    if not additions.needs_shim(Path("/proc/self/status").read_text()):
        return None
    library = STATE / "memlock.so"
    if not library.exists() or library.stat().st_mtime < SOURCE.stat().st_mtime:
        library.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        half = library.with_suffix(".half")
        run("gcc", "-shared", "-fPIC", "-O1", "-o", str(half), str(SOURCE))
        half.rename(library)
    return library.read_bytes()


def _read(images: build.Images, path: str) -> str:
    """The file as a node sees it: the upper of the two layers that has it."""
    for layer in (images.trivet, images.node):
        file = layer / path.lstrip("/")
        if file.exists():
            return file.read_text()
    return ""
