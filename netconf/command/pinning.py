"""`trivet net pin`: NICs keep their names."""

import json

import click

from netconf import pinning
from netconf.command.environment import as_json, backend, network, run_to_end
from netconf.pinning import Pins


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what would be written and do nothing.")
@as_json
@backend
def pin(dry_run: bool, as_json: bool, backend: str | None) -> None:
    """Let every NIC keep the name that it has now, by its permanent MAC address, wherever its card sits tomorrow.

    Writes link files for udev (/etc/systemd/network), which counts from the next boot on.
    """
    found = run_to_end(_pinned(backend, dry_run=dry_run))
    if as_json:
        click.echo(json.dumps({"says": found.descriptions}, indent=2))
    else:
        click.echo("\n".join(found.descriptions) or "All NICs are pinned already")


async def _pinned(backend: str | None, *, dry_run: bool) -> Pins:
    found = pinning.pins(await network(backend).observe(), pinning.read())
    if not dry_run:
        pinning.apply(found)
    return found
