"""A node with two slots in files, and what firmware, boot loader and initrd would start of it."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from node.upgrade.disk import Places, SystemDisk
from node.upgrade.manifest import NAME, File, Manifest
from node.upgrade.slots import parse_kernel

OLD, RUNNING, NEW = "0.1.0.202611010101", "0.1.0.202611020202", "0.1.0.202611030303"
MIB = 1 << 20
SLOT_BYTES = 96 * 1024


def content(version: str, kind: str) -> bytes:
    return f"{kind} of {version} ".encode() * (3000 if kind == "system" else 500)


def write_medium(folder: Path, version: str = NEW) -> Manifest:
    files = {
        f"trivet_{version}.squashfs": content(version, "system"),
        f"trivet_{version}.efi": content(version, "kernel"),
        "engine.qcow2": content(version, "engine"),
        "tiny.qcow2": content(version, "tiny"),
        "sbom.json": b"{}",
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    described = tuple(
        File(name=name, size=len(data), sha256=hashlib.sha256(data).hexdigest()) for name, data in sorted(files.items())
    )
    manifest = Manifest(version=version, files=described)
    (folder / NAME).write_bytes(msgspec.json.encode(manifest))
    return manifest


@dataclass
class Machine:
    """`labels` are those of partitions 1 to 4; `said` has every command."""

    folder: Path
    labels: list[str] = field(default_factory=lambda: ["trivet-esp", f"trivet_{RUNNING}", "_empty", "trivet-state"])
    writes_labels: bool = True
    commands: list[tuple[str, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.places = Places(
            booted=self.folder / "run/booted.json",
            kernels=self.folder / "efi/EFI/Linux",
            state=self.folder / "state",
            medium=self.folder / "medium",
            variables=self.folder / "efivars",
            healthy=self.folder / "run/healthy",
        )
        folders = (
            self.places.kernels,
            self.places.records,
            self.places.images,
            self.folder / "run",
            self.folder / "dev",
        )
        for folder in (*folders, self.places.variables):
            folder.mkdir(parents=True)
        (self.places.images / "engine.qcow2").write_bytes(b"the engine's image of before")
        for number, label in enumerate(self.labels, 1):
            version = label.removeprefix("trivet_") if label.startswith("trivet_") else ""
            self.device(f"/dev/vda{number}").write_bytes(content(version, "system").ljust(SLOT_BYTES, b"\0"))
            if version:
                self.add_kernel(f"trivet_{version}.efi")
        self.boot_from(2)

    def add_kernel(self, name: str) -> None:
        kernel = parse_kernel(name)
        assert kernel is not None
        (self.places.kernels / name).write_bytes(content(kernel.version, "kernel"))

    def boot_from(self, number: int) -> None:
        booted = {"version": self.labels[number - 1].removeprefix("trivet_"), "disk": "vda"}
        self.places.booted.write_text(json.dumps(booted | {"slot": f"vda{number}", "state": "vda4"}))

    def device(self, name: str) -> Path:
        return self.folder / "dev" / Path(name).name

    @property
    def disk(self) -> SystemDisk:
        return SystemDisk(self.run, self.places, self.device)

    @property
    def kernels(self) -> list[str]:
        return sorted(path.name for path in self.places.kernels.iterdir() if not path.name.startswith("."))

    def run(self, *argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        self.commands.append(argv)
        match argv:
            case ("sfdisk", "--json", "/dev/vda"):
                return self._table()
            case ("sfdisk", *_, "--part-label", "/dev/vda", number, label):
                if self.writes_labels:
                    self.labels[int(number) - 1] = label
                return ""
            case ("blockdev", "--flushbufs", _):
                return ""
        raise AssertionError(argv)

    def _table(self) -> str:
        partitions = [
            {"node": f"/dev/vda{number}", "name": label, "size": SLOT_BYTES // 512, "type": "x"}
            for number, label in enumerate(self.labels, 1)
        ]
        return json.dumps({"partitiontable": {"label": "gpt", "sectorsize": 512, "partitions": partitions}})

    def started(self) -> str:
        """The version that comes up when the machine is switched on; raises AssertionError when none does."""
        kernels = [kernel for name in self.kernels if (kernel := parse_kernel(name)) is not None]
        first = max(kernels, key=lambda kernel: (kernel.left != 0, kernel.version), default=None)
        assert first is not None, "the boot loader has nothing to start"
        assert (self.places.kernels / first.name).read_bytes() == content(first.version, "kernel"), first.name
        assert f"trivet_{first.version}" in self.labels, f"no slot has {first.version}: {self.labels}"
        slot = self.device(f"/dev/vda{self.labels.index(f'trivet_{first.version}') + 1}")
        system = content(first.version, "system")
        assert slot.read_bytes()[: len(system)] == system, f"the slot of {first.version} holds something else"
        return first.version

    def switch_on(self) -> str:
        """Start it as firmware, boot loader and initrd do, which count the try."""
        version = self.started()
        for name in self.kernels:
            kernel = parse_kernel(name)
            if kernel is not None and kernel.version == version and kernel.left:
                counted = f"trivet_{version}+{kernel.left - 1}-{kernel.done + 1}.efi"
                (self.places.kernels / name).rename(self.places.kernels / counted)
        self.boot_from(self.labels.index(f"trivet_{version}") + 1)
        return version
