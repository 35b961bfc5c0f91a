"""Measures how long a change of the network takes, by our means and others, where every kernel has what it needs: in an
emulated guest; and, since that is slow, how much slower it is than this machine at what both of them can."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ci.layouts import BOND, VXLAN
from ci.making import TIMES, Found, Times
from ci.pairs import Pair
from images import build
from tests.integration.netconf.guest_machine import VIRTIO, boot, code, files_of
from tests.integration.netconf.machine import Machine

AIM_S = 5.0
_METHODS = ("pyroute2", "nmcli", "kernel", "NetworkManager")
_CODE = ("ci", "netconf")
_NICS = ("eth1", "eth2", "eth3")
_MEMORY_MIB = 448


@dataclass(frozen=True, slots=True)
class Row:
    """What some means take: for both layouts in the guest, for one of them here."""

    method: str
    guest: Times
    both: Times
    here: Times

    @property
    def slower(self) -> float:
        """The guest than this machine."""
        return self.both[0] / self.here[0]

    @property
    def about_s(self) -> float:
        return self.guest[0] / self.slower

    def line(self, raw: "Row") -> str:
        times = (self.guest[0], self.guest[0] / raw.guest[0], self.guest[1], self.both[0], self.here[0], self.here[1])
        return f"{self.method:<15}" + "".join(f"{time:9.2f}" for time in (*times, self.slower, self.about_s))


def rows() -> tuple[Row, ...]:
    guest, here = _in_guest(), asyncio.run(_here())
    return tuple(
        Row(dependencies, guest["bond", dependencies], guest["vxlan", dependencies], here["vxlan", dependencies])
        for dependencies in _METHODS
    )


def pairs(found: tuple[Row, ...]) -> Iterator[Pair]:
    """Of what is verified."""
    for row in found:
        if row.method in ("kernel", "NetworkManager"):
            yield Pair(f"network change, {row.method}: guest", row.guest[0], AIM_S, "s")
            yield Pair(f"network change, {row.method}: here, about", row.about_s, AIM_S, "s")


def table(found: tuple[Row, ...]) -> Iterator[str]:
    yield f"Seconds, the median of {TIMES}. A: {BOND.description}. B: {VXLAN.description}."
    heads = ("A, guest", "to raw", "back", "B, guest", "B, here", "back", "slower", "A, about")
    yield " " * 15 + "".join(f"{head:>9}" for head in heads)
    yield from (row.line(found[0]) for row in found)


def _in_guest() -> Found:
    work = Path(tempfile.mkdtemp(prefix="trivet-bench-", dir="/var/tmp"))
    try:
        files = files_of("ci.making bond vxlan") | code(*_CODE)
        (said,) = boot(work, files, hardware=replace(VIRTIO, memory_mib=_MEMORY_MIB))
    finally:
        shutil.rmtree(work)
    return _found(said)


async def _here() -> Found:
    """In namespaces, with the guest's own programs."""
    machine = Machine(build.build_node(build.DEFAULT_STORE, print), Path(tempfile.mkdtemp(prefix="trivet-bench-")))
    try:
        for path, content in code(*_CODE).items():
            machine.write(path, content.decode())
        await machine.power_on()
        for nic in _NICS:
            machine.ip("link", "add", nic, "type", "veth", "peer", "name", f"{nic}-cable")
            machine.ip("link", "set", f"{nic}-cable", "up")
        inside = ("nsenter", "-t", str(machine.pid), "-m", "-n", "chroot", str(machine.root))
        argv = (*inside, "env", "PYTHONPATH=/project", "/opt/trivet/venv/bin/python", "-m", "ci.making", "vxlan")
        process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
        said, _ = await process.communicate()
    finally:
        machine.remove()
    return _found(json.loads(said.removeprefix(b"result ")))


def _found(results: Iterable[tuple[str, str, Times]]) -> Found:
    return {(layout, dependencies): times for layout, dependencies, times in results}
