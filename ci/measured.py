"""Prints what was measured beside what it has to be: name, measured, aim, ratio (below 1 is better than the aim)."""

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import click

from ci import api_speed, applying, watching
from ci import failover as losing
from ci.lab import cgroups, settings
from ci.pairs import Pair
from tests.lab.under_test import find

# In seconds: twelve minutes on a fresh machine, three with the images there; changed code in all nodes and the engine.
AIMS = {
    "first": ("lab up, first", 720.0),
    "cached": ("lab up, cached", 180.0),
    "refresh": ("lab refresh, until all serve", 8.0),
}
AIM_MIB = 8192.0


def lab_times(name: str, times: dict[str, dict[str, float]]) -> tuple[Pair, ...]:
    """The last run of each kind that has an aim. `lab up`: `first` built the images, `cached` found them."""
    return tuple(
        Pair(f"{name}: {what}", times[kind]["all"], aim_s, "s") for kind, (what, aim_s) in AIMS.items() if kind in times
    )


def memory_mib(pids: set[int]) -> float:
    """What these processes take together; memory that several share is counted once."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total / 1024


@click.command()
@click.option("--api", is_flag=True, help="Measure now how fast lists, pages and what follows are answered.")
@click.option("--incus", "beside_incus", is_flag=True, help="With --api: beside Incus, which is fetched; needs root.")
@click.option("--network", is_flag=True, help="Measure now how the network is followed and changed; needs root.")
@click.option("--failover", metavar="N", type=int, help="Cut the power of the engine's host N times in a row now.")
@click.option("--fencing", is_flag=True, help="With --failover: let the site fence the host, by the lab's controllers.")
@click.option("--name", default="test", envvar="TRIVET_LAB", show_default=True, help="On which lab, with --failover.")
def main(api: bool, beside_incus: bool, network: bool, failover: int | None, fencing: bool, name: str) -> None:
    pairs: list[Pair] = []
    for lab in settings.labs():
        if lab.times_file.exists():
            pairs += lab_times(lab.name, json.loads(lab.times_file.read_text()))
        if running := cgroups.members(f"trivet-lab/{lab.name}"):
            pairs.append(Pair(f"{lab.name}: memory now", memory_mib(running), AIM_MIB, "MiB"))
    details: Iterable[str] = ()
    if api:
        pairs += api_speed.pairs(beside_incus=beside_incus)
    if network:
        pairs += watching.pairs()
        rows = applying.rows()
        pairs += applying.pairs(rows)
        details = applying.table(rows)
    if failover:
        found = losing.losses(find(name), failover, click.echo, fencing=fencing)
        pairs += losing.pairs(found, fencing=fencing)
        details = (*details, *losing.distribution(found))
    click.echo(f"{'what':<40} {'measured':>8} {'aim':>8} unit  ratio")
    for pair in pairs:
        click.echo(pair.line())
    for line in details:
        click.echo(line)
    if not pairs:
        click.echo("Nothing was measured yet: run ./trivet lab up first.")


if __name__ == "__main__":
    main()
