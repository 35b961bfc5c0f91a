"""Looks at the disks of this machine, each with its own time limit: a broken one is `unreadable` and stops nothing."""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import msgspec

from installer.probe import bytes_of_disks, inside_of_disk
from installer.probe.block_devices import ARGV, BlockDevice, parse
from installer.probe.contents import BRICKABLE, LVM, Brick, Facts, contents_of, unreadable
from installer.probe.gpt import SIGNATURE, why_stale
from installer.probe.signatures import (
    PVS,
    SFDISK,
    TABLE_USAGE,
    WIPEFS,
    Found,
    Table,
    VolumeGroup,
    parse_pvs,
    parse_sfdisk,
    parse_wipefs,
)
from installer.sysinfo import Content, Disk
from node.system.process import CommandFailed, Run

MEDIUM = "/run/trivet/medium"
TIMEOUT_S = 30.0  # a disk that sleeps takes some 15 s to spin up
AT_ONCE = 8

_NOT_DISKS = re.compile(r"(loop|ram|zram|dm-|md|nbd|fd|drbd|rbd|mtdblock)[0-9].*|mmcblk[0-9]+(boot[0-9]+|rpmb)")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A disk as lsblk has it, or as the kernel has it and why lsblk could not be asked."""

    device: BlockDevice
    error: str | None


class _Bytes(msgspec.Struct, frozen=True):
    """What `bytes_of_disks` says of one; `error` instead of all else."""

    path: str
    size_bytes: int = 0
    first: bytes = b""
    last: bytes = b""
    odd: bytes = b""
    data_at: int | None = None
    error: str | None = None

    def why_stale(self, sector_bytes: int) -> str | None:
        sectors = self.size_bytes // sector_bytes
        return why_stale(self.first, self.last, self.odd, sectors=sectors, sector_bytes=sector_bytes)


class DiskProbe:
    """`sys_block` is /sys/block; `run` gives up on a command after its time limit."""

    def __init__(self, run: Run, sys_block: Path = Path("/sys/block"), *, timeout_s: float = TIMEOUT_S) -> None:
        self._run = run
        self._sys_block = sys_block
        self._timeout_s = timeout_s

    def names(self) -> tuple[str, ...]:
        """Of what may be a disk."""
        return tuple(sorted(one.name for one in self._sys_block.iterdir() if not _NOT_DISKS.fullmatch(one.name)))

    def observe(self, names: Sequence[str] | None = None) -> tuple[Disk, ...]:
        """All disks, in the order of their names."""
        wanted = self.names() if names is None else tuple(names)
        with ThreadPoolExecutor(AT_ONCE) as threads:
            asked = [one for one in threads.map(self._device, wanted) if one is not None]
            devices = [one.device for one in asked]
            found = self._bytes([one.device for one in asked if one.error is None])
            return tuple(threads.map(lambda one: self._disk(one, found, devices), asked))

    def _device(self, name: str) -> _Asked | None:
        """None for what holds no disk: a card reader without a card, a CD that is not the medium."""
        try:
            device, error = parse(self._command(*ARGV, f"/dev/{name}"))[0], None
        except CommandFailed as err:
            device, error = self._from_kernel(name), err.text.why
        is_absent = not device.size_bytes or (device.type == "rom" and not _is_medium(device))
        return None if is_absent else _Asked(device, error)

    def _from_kernel(self, name: str) -> BlockDevice:
        sectors = (self._sys_block / name / "size").read_text()  # of 512 bytes, whatever the disk has
        return BlockDevice(name=name, path=f"/dev/{name}", type="disk", size_bytes=int(sectors) * 512)

    def _bytes(self, devices: Sequence[BlockDevice]) -> dict[str, _Bytes]:
        """By path. A disk that has not answered when the time is over has an error, too."""
        argv = (sys.executable, "-I", bytes_of_disks.__file__)
        late = f"it did not answer within {self._timeout_s:g} s"
        try:
            text = self._command(*argv, *(f"{one.path}={one.sector_bytes}" for one in devices)) if devices else ""
        except CommandFailed as err:
            text, late = err.stdout, late if err.exit_status is None else err.text.why
        lines = [msgspec.json.decode(line, type=_Bytes) for line in text.splitlines(keepends=True) if line[-1] == "\n"]
        return {one.path: _Bytes(one.path, error=late) for one in devices} | {one.path: one for one in lines}

    def _disk(self, asked: _Asked, found: Mapping[str, _Bytes], others: Sequence[BlockDevice]) -> Disk:
        device = asked.device
        return Disk(
            path=device.path,
            size_bytes=device.size_bytes,
            serial=device.serial,
            wwn=device.wwn,
            model=device.model,
            transport=device.transport,
            rotational=device.rotational,
            removable=device.removable,
            read_only=device.read_only,
            medium=_is_medium(device),
            sector_bytes=device.sector_bytes,
            contents=self._contents(asked, found.get(device.path), others),
        )

    def _contents(self, asked: _Asked, raw: _Bytes | None, others: Sequence[BlockDevice]) -> tuple[Content, ...]:
        if _is_medium(asked.device):  # nothing is ever written there, and a medium has tables for every kind of drive
            return contents_of(Facts(device=asked.device))
        error = asked.error or (raw.error if raw is not None else None)
        if error is not None or raw is None:
            return (unreadable(asked.device.name, error or ""),)
        try:
            return contents_of(self._facts(asked.device, raw, _twins(asked.device, others)))
        except CommandFailed as err:
            return (unreadable(asked.device.name, err.text.why),)

    def _facts(self, device: BlockDevice, raw: _Bytes, twins: tuple[str, ...]) -> Facts:
        """Raises CommandFailed where the disk cannot be read."""
        found = (*parse_wipefs(self._command(*WIPEFS, device.path)), *self._of_partitions(device))
        is_divided = SIGNATURE in (raw.first[:8], raw.last[:8]) or any(one.usage == TABLE_USAGE for one in found)
        paths = {one.name: one.path for one in (device, *device.partitions)}
        mounted = {one.name for one in device.all() if one.mount_points}
        return Facts(
            device=device,
            found=found,
            table=self._table(device.path) if is_divided else None,
            stale=raw.why_stale(device.sector_bytes),
            data_at=raw.data_at,
            groups={one.name: group for one in found if one.type == LVM and (group := self._group(paths[one.name]))},
            bricks={
                one.name: self._bricks(paths[one.name], one.type)
                for one in found
                if one.type in BRICKABLE and one.name not in mounted
            },
            twins=twins,
        )

    def _of_partitions(self, device: BlockDevice) -> tuple[Found, ...]:
        """What cannot be asked is left out: a partition may end behind the end of its disk."""
        paths = [one.path for one in device.partitions]
        try:
            return parse_wipefs(self._command(*WIPEFS, *paths)) if paths else ()
        except CommandFailed as err:
            if err.exit_status is None:
                raise
        return tuple(found for path in paths for found in parse_wipefs(self._answer(*WIPEFS, path) or ""))

    def _table(self, path: str) -> Table | None:
        text = self._answer(*SFDISK, path)
        return None if text is None else parse_sfdisk(text)

    def _group(self, path: str) -> VolumeGroup | None:
        text = self._answer(*PVS, path)
        return None if text is None else parse_pvs(text)

    def _bricks(self, path: str, file_system: str) -> tuple[Brick, ...]:
        text = self._answer("unshare", "--mount", sys.executable, "-I", inside_of_disk.__file__, path, file_system)
        return () if text is None else tuple(msgspec.json.decode(text, type=list[Brick]))

    def _answer(self, *argv: str) -> str | None:
        """What a command says; None where it fails, for what it is asked only adds to what is known of the disk."""
        try:
            return self._command(*argv)
        except CommandFailed:
            return None

    def _command(self, *argv: str) -> str:
        return self._run(*argv, timeout_s=self._timeout_s)


def _is_medium(device: BlockDevice) -> bool:
    return any(MEDIUM in one.mount_points for one in device.all())


def _twins(device: BlockDevice, devices: Iterable[BlockDevice]) -> tuple[str, ...]:
    """Other names of the same disk. Cheap disks share a WWN, and some a serial number, but hardly both."""
    if not device.wwn or not device.serial:
        return ()
    same = (device.wwn, device.serial, device.size_bytes)
    return tuple(
        one.name for one in devices if one.name != device.name and (one.wwn, one.serial, one.size_bytes) == same
    )
