"""Faults around the engine on a lab: parts of a host's network, its Gluster, the room on its volume, its clock."""

from collections.abc import Iterator
from contextlib import contextmanager

from ci.lab import engine_vm
from tests.lab.under_test import LabUnderTest

HANG_S = 600.0  # a program that begins in an emulated engine on busy processors
GLUSTER = "24007-24599"  # glusterd and the bricks: gluster/README.md
FILLER = "/var/lib/trivet/volumes/engine/filler"
FILL = (
    f"fallocate -l $(($(stat -f -c '%a * %S' {FILLER}))) {FILLER} || "
    f"dd if=/dev/zero of={FILLER} bs=1M oflag=append conv=notrunc"
)


@contextmanager
def away_from_peers(lab: LabUnderTest, host: str) -> Iterator[None]:
    """Nothing but Gluster's connections passes between the host and the other nodes."""
    rules = [f"pref 50 to {address} ipproto tcp {end} {GLUSTER} lookup main" for address, end in _ends(lab, host)]
    with _rules(lab, host, *rules, *(f"pref 60 to {address} blackhole" for address in _others(lab, host))):
        yield


@contextmanager
def away_from_storage(lab: LabUnderTest, host: str) -> Iterator[None]:
    """Nothing of Gluster passes between the host and the other nodes; all else does."""
    rules = (f"pref 50 to {address} ipproto tcp {end} {GLUSTER} blackhole" for address, end in _ends(lab, host))
    with _rules(lab, host, *rules):
        yield


@contextmanager
def away_from_both(lab: LabUnderTest, host: str) -> Iterator[None]:
    lab.cut(host)
    try:
        yield
    finally:
        lab.heal(host)


@contextmanager
def full_volume(lab: LabUnderTest, host: str) -> Iterator[None]:
    """Volume engine has no room, and the engine wants some."""
    try:
        lab.node(host).exec("sh", "-c", f": >{FILLER}; {FILL}", check=False, timeout_s=600)
        write = ("dd", "if=/dev/urandom", "of=/var/tmp/wants-room", "bs=1M", "count=200", "oflag=direct")
        in_engine(lab, "systemd-run", "--collect", "--no-block", *write)
        yield
    finally:
        lab.exec(host, "rm", "-f", FILLER, timeout_s=300)


def kill_gluster(lab: LabUnderTest, host: str) -> None:
    lab.exec(host, "pkill", "-KILL", "-x", "glusterd|glusterfsd")


def kill_engine(lab: LabUnderTest) -> str:
    """Kills the engine's process; gives its number."""
    pid = engine_process(lab)
    in_engine(lab, "kill", "-KILL", pid)
    return pid


def hang_kernel(lab: LabUnderTest) -> None:
    """The engine VM's kernel panics and stays there."""
    in_engine(lab, "sh", "-c", "echo 0 >/proc/sys/kernel/panic; echo 1 >/proc/sys/kernel/sysrq")
    crash = ("systemd-run", "--on-active=2", "sh", "-c", "echo c >/proc/sysrq-trigger")  # answered before it happens
    in_engine(lab, *crash)


def engine_process(lab: LabUnderTest) -> str:
    return in_engine(lab, "systemctl", "show", "-P", "MainPID", "trivet-engine")


def in_engine(lab: LabUnderTest, *command: str) -> str:
    """Run a command in the engine VM by its guest agent."""
    path = f"/usr/bin/{command[0]}"
    done = engine_vm.find(lab.appliance.machines).exec(path, *command[1:], timeout_s=HANG_S)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


def _others(lab: LabUnderTest, host: str) -> list[str]:
    return [str(machine.node.address) for machine in lab.appliance.machines if machine.node.name != host]


def _ends(lab: LabUnderTest, host: str) -> list[tuple[str, str]]:
    return [(address, end) for address in _others(lab, host) for end in ("dport", "sport")]


@contextmanager
def _rules(lab: LabUnderTest, host: str, *rules: str) -> Iterator[None]:
    try:
        for rule in rules:
            lab.exec(host, "ip", "rule", "add", *rule.split())
        lab.exec(host, "ip", "route", "flush", "cache")
        yield
    finally:
        for rule in rules:
            lab.node(host).exec("ip", "rule", "del", *rule.split(), check=False)
