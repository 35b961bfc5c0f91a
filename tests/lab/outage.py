"""Outages of a lab's network: cables off and on, when all storage is whole again, and writers that notice a loss."""

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from ci.lab.gate import Gate
from ci.lab.machine import NodeOff
from gluster import cli, parse
from gluster.errors import NotXml
from node.system.process import CommandFailed
from tests.lab.mounted import mount_point
from tests.lab.under_test import LabUnderTest

VOLUMES = ("engine", "data")
FOLDER = "/var/lib/trivet/volumes"
HANG_S = 180.0  # 45 s are wanted; this is where nobody believes in it any more
RECORD_BYTES = 4096
WRITER = f"""
import mmap, os, sys, time
path, acknowledged = sys.argv[1:]
page = mmap.mmap(-1, {RECORD_BYTES})
number, file = 0, None
while True:
    try:
        if file is None:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_DIRECT)
        page[:] = (b"%016d" % number) * ({RECORD_BYTES} // 16)
        os.pwrite(file, page, number * {RECORD_BYTES})
    except OSError:
        if file is not None:
            try:
                os.close(file)
            except OSError:
                pass  # what was not acknowledged may be lost
            file = None
        time.sleep(0.5)
        continue
    with open(acknowledged + ".part", "w") as part:
        part.write(str(number))
    os.replace(acknowledged + ".part", acknowledged)
    number += 1
    time.sleep(0.1)
"""
CHECK = f"""
import sys
path, last = sys.argv[1], int(sys.argv[2])
records = open(path, "rb").read()
lost = [n for n in range(last + 1) if records[n * {RECORD_BYTES}:(n + 1) * {RECORD_BYTES}] != (b"%016d" % n) * 256]
sys.exit(f"{{len(lost)}} of {{last + 1}} acknowledged writes are not there: {{lost[:5]}}" if lost else 0)
"""


@dataclass(frozen=True, slots=True)
class Running:
    """The processes of VMs and the leases held on each node: what an outage may not change."""

    vms: dict[str, tuple[str, ...]]
    leases: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, lab: LabUnderTest) -> "Running":
        return cls(
            vms={node: tuple(_output(lab, node, "pgrep", "-x", "qemu-system-x86").split()) for node in lab.nodes},
            leases={node: _leases(lab, node) for node in lab.nodes},
        )


@dataclass(frozen=True, slots=True)
class Recovery:
    """Seconds from the cables' return until everything was whole, and until no copy had to be healed any more; `load`
    is that of the machine (one minute)."""

    whole_s: float
    healed_s: float
    load: float

    def __str__(self) -> str:
        return f"whole after {self.whole_s:.0f} s, healed after {self.healed_s:.0f} s, load {self.load:.1f}"


@contextmanager
def cut(lab: LabUnderTest, *nodes: str) -> Iterator[None]:
    """These nodes are off the network, all at once, and plugged in again whatever happens."""
    try:
        for node in nodes:
            lab.cut(node)
        yield
    finally:
        for node in nodes:
            lab.heal(node)


@contextmanager
def writers(lab: LabUnderTest) -> Iterator["Writers"]:
    """One writer for each node and volume, with O_DIRECT, until the end; then nothing that was acknowledged is lost."""
    writing = Writers(lab)
    try:
        writing.start()
        yield writing
        writing.stop()
        writing.check()
    finally:
        writing.stop()
        writing.remove()


class Writers:
    def __init__(self, lab: LabUnderTest) -> None:
        self._lab = lab
        self._places = [(node, volume) for node in lab.nodes for volume in VOLUMES]

    def start(self, *nodes: str) -> None:
        """On all nodes, or anew on these."""
        for node, volume in self._places:
            if nodes and node not in nodes:
                continue
            command = ("python3", "-c", WRITER, _file(self._lab, node, node, volume), _acknowledged(volume))
            self._lab.exec(node, "systemd-run", "--quiet", "--collect", f"--unit={_unit(volume)}", *command)

    def why_not_writing(self, before: dict[tuple[str, str], int]) -> str | None:
        """Which of them has not had a write acknowledged since `before`, an earlier `progress()`."""
        standing = [f"{node} on {volume}" for (node, volume), n in self.progress().items() if n <= before[node, volume]]
        return f"no write is acknowledged to {', '.join(standing)}" if standing else None

    def progress(self) -> dict[tuple[str, str], int]:
        """The last record of each that was acknowledged, -1 before the first."""
        return {(n, v): int(_output(self._lab, n, "cat", _acknowledged(v)).strip() or -1) for n, v in self._places}

    def stop(self) -> None:
        for node, volume in self._places:
            self._lab.node(node).exec("systemctl", "stop", _unit(volume), check=False)

    def check(self, progress: dict[tuple[str, str], int] | None = None, *, but: str | None = None) -> None:
        """Read on other nodes, not on `but`, what was acknowledged. Raises CommandFailed with what is missing."""
        for (node, volume), last in (progress or self.progress()).items():
            other = next(one for one in self._lab.nodes if one not in (node, but))
            self._lab.exec(
                other, "python3", "-c", CHECK, _file(self._lab, other, node, volume), str(last), timeout_s=120
            )

    def remove(self) -> None:
        for node, volume in self._places:
            self._lab.node(node).exec(
                "rm", "-f", _file(self._lab, node, node, volume), _acknowledged(volume), check=False
            )


def wait_whole(lab: LabUnderTest) -> None:
    """Wait until what an earlier test did is over: a VM that it paused would be taken for one that has to be paused."""
    _wait(lambda: why_not_whole(lab) or _why_not_healed(lab), time.monotonic())


def recover(lab: LabUnderTest, writing: Writers, *, before: Running | None = None) -> Recovery:
    """Wait from now on until all is whole and healed. With `before` the same VMs have to run and hold their leases."""
    begun, progress = time.monotonic(), writing.progress()

    def why_not() -> str | None:
        return why_not_whole(lab) or writing.why_not_writing(progress)

    _wait(why_not, begun)
    whole_s = time.monotonic() - begun
    if before is not None:
        assert Running.of(lab) == before
    _wait(lambda: _why_not_healed(lab), begun)
    return Recovery(whole_s, time.monotonic() - begun, os.getloadavg()[0])


def why_not_whole(lab: LabUnderTest) -> str | None:
    """What of mounts, leases, engine, bricks and clients is not as it should be; the cheapest looks come first."""
    return (
        _why_no_mounts(lab)
        or _why_no_leases(lab)
        or _why_no_engine(lab)
        or next((reason for volume in VOLUMES if (reason := _why_no_clients(lab, volume)) is not None), None)
    )


def _why_no_mounts(lab: LabUnderTest) -> str | None:
    """Every mount says itself, in its `.meta`, which bricks it is connected to."""
    for node in lab.nodes:
        pattern = f"{FOLDER}/*/.meta/graphs/active/*-client-*/private"
        said = _output(lab, node, "timeout", "5", "sh", "-c", f"grep -H '^connected = ' {pattern}")
        bricks = dict(re.findall(r"active/(\S+)/private:connected = (\d)", said))
        if list(bricks.values()) != ["1"] * len(VOLUMES) * len(lab.nodes):
            return f"mounts of {node} are connected to {sorted(b for b, yes in bricks.items() if yes == '1')} only"
    return None


def _why_no_leases(lab: LabUnderTest) -> str | None:
    outside = [node for node in lab.nodes if not any(one.startswith("s trivet:") for one in _leases(lab, node))]
    return f"the lockspace is not joined on {', '.join(outside)}" if outside else None


def _why_no_engine(lab: LabUnderTest) -> str | None:
    states = {node: _output(lab, node, "virsh", "domstate", "HostedEngine").strip() for node in lab.nodes}
    if list(states.values()).count("running") != 1:
        return f"the engine VM is {states}"
    return Gate(lab.appliance).healthy()


def _why_no_clients(lab: LabUnderTest, volume: str) -> str | None:
    """The bricks' own word: each has every node's mount and self-heal daemon. Any server may be asked."""
    said = _output(lab, lab.nodes[0], *cli.volume_status_clients(volume))
    try:
        clients = [len(addresses) for addresses in parse.brick_clients(said).values()]
    except NotXml as err:
        return str(err)
    wanted = [2 * len(lab.nodes)] * len(lab.nodes)
    return None if clients == wanted else f"bricks of {volume} have {clients} clients, not {wanted}"


def _why_not_healed(lab: LabUnderTest) -> str | None:
    for volume in VOLUMES:
        said = _output(lab, lab.nodes[0], "gluster", "volume", "heal", volume, "statistics", "heal-count")
        counts = re.findall(r"^Number of entries: (\d+)$", said, re.MULTILINE)
        if counts != ["0"] * len(lab.nodes):
            return f"to be healed on {volume}: {counts}"
    return None


def _leases(lab: LabUnderTest, node: str) -> tuple[str, ...]:
    said = _output(lab, node, "timeout", "5", "sanlock", "client", "status")
    return tuple(sorted(re.findall(r"^[rs] [^:]+:[^:]+", said, re.MULTILINE)))


def _wait(why_not: Callable[[], str | None], begun: float) -> None:
    last = None
    while (reason := why_not()) is not None:
        if reason != last:
            print(f"{time.monotonic() - begun:5.1f} s: {reason}", flush=True)
            last = reason
        if time.monotonic() > begun + HANG_S:
            pytest.fail(f"not within {HANG_S:g} s: {reason}")
        time.sleep(0.5)


def _output(lab: LabUnderTest, node: str, *command: str) -> str:
    """What a command says, whatever its exit status; nothing when it hangs or the node is off."""
    try:
        return lab.node(node).exec(*command, timeout_s=30, check=False).stdout
    except (CommandFailed, NodeOff):
        return ""


def _unit(volume: str) -> str:
    return f"trivet-test-writer-{volume}"


def _file(lab: LabUnderTest, node: str, writer: str, volume: str) -> str:
    """On `node`, what `writer` writes."""
    return str(mount_point(lab, node, volume) / f"written-by-{writer}")


def _acknowledged(volume: str) -> str:
    return f"/run/trivet-test-acknowledged-{volume}"
