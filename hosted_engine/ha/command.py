"""`trivet ha`: what keeps the engine VM alive, seen and steered from a node."""

import sys
from pathlib import Path

import click
import msgspec

from hosted_engine.ha.command_fence import fence
from hosted_engine.ha.command_notify import notify
from hosted_engine.ha.command_status import history, maintenance, restart, status, why
from hosted_engine.ha.score_file import rate_file
from hosted_engine.ha.simulation.command import simulate
from node.api.problems import Problem


@click.group()
def ha() -> None:
    """What keeps the engine VM alive."""


@ha.command()
@click.option("--view", required=True, metavar="FILE", help="A view as JSON, or a list of them; - is standard input.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON (which is what is printed in any case).")
def score(view: str, as_json: bool) -> None:
    """Rate a host from what it measured: its score, and a reason for every point that is missing.

    Needs no daemon.
    """
    try:
        data = sys.stdin.buffer.read() if view == "-" else Path(view).read_bytes()
        rated = rate_file(data, "standard input" if view == "-" else view)
    except OSError as err:
        raise click.ClickException(f"Cannot read {view}: {err.strerror}") from err
    except Problem as err:
        raise click.ClickException(str(err)) from err
    click.echo(msgspec.json.encode(rated))


for command in (simulate, status, why, history, maintenance, restart, notify, fence):
    ha.add_command(command)
