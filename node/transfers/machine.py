"""Puts the parts together with which this machine opens its images."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from node.clock import Clock
from node.imageio import Imageio
from node.storage.qemu_img import QemuImg
from node.system.process import Run
from node.system.threads import Threads
from node.system.transient_units import TransientUnits
from node.transfers.checking import Checker
from node.transfers.records import Records
from node.transfers.transfers import Transfers

RECORDS = Path("/run/trivet/transfers")


def make_transfers(
    run: Run,
    threads: Threads,
    *,
    node_name: str,
    volumes: Path,
    need: Callable[[str], Awaitable[None]],
    running_on: Callable[[str], Awaitable[str | None]],
    clock: Clock,
) -> Transfers:
    units, qemu_img = TransientUnits(run), QemuImg(run)
    return Transfers(
        Imageio(node_name),
        units,
        qemu_img,
        Records(RECORDS),
        Checker(units, qemu_img),
        threads,
        volumes=volumes,
        need=need,
        running_on=running_on,
        clock=clock,
    )
