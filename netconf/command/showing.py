"""The commands that change nothing: show, plan, why."""

import json
from typing import IO

import click

from netconf import text
from netconf.command.environment import as_json, backend, network, run_to_end
from netconf.document import parse, render
from netconf.planning.preview import Preview
from netconf.why import why_change, why_destination, why_interface


@click.command()
@as_json
@backend
def show(as_json: bool, backend: str | None) -> None:
    """Print the network as it is; `trivet net plan` takes what this prints."""
    document = run_to_end(_shown(backend))
    click.echo(json.dumps(document, indent=2) if as_json else text.write(document), nl=as_json)


@click.command()
@click.argument("document", type=click.File(encoding="utf-8"), default="-")
@as_json
@backend
def plan(document: IO[str], as_json: bool, backend: str | None) -> None:
    """Say what would have to change for the network to be as DOCUMENT (YAML or JSON; standard input without it)
    describes it.

    Changes nothing.
    """
    report_preview(run_to_end(previewed(document.read(), backend)), as_json=as_json)


@click.command()
@click.argument("what", required=False)
@as_json
@backend
def why(what: str | None, as_json: bool, backend: str | None) -> None:
    """Explain: the interface WHAT, or the way that packets to the address WHAT take; without it the last change and
    how the network differs from what was confirmed."""
    lines = run_to_end(_why(what, backend))
    click.echo(json.dumps({"says": lines}, indent=2) if as_json else "\n".join(lines))


def report_preview(found: Preview, *, as_json: bool) -> None:
    if as_json:
        steps = [{"interface": step.name or None, "says": step.description} for step in found.steps]
        click.echo(json.dumps({"steps": steps, "warnings": found.warnings}, indent=2))
    elif found.steps:
        click.echo("\n".join((*(step.description for step in found.steps), *format_warnings(found.warnings))))
    else:
        click.echo("The network is already so")


def format_warnings(warnings: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"Warning: {warning}" for warning in warnings)


async def _shown(backend: str | None) -> dict[str, object]:
    return render(await network(backend).observe())


async def previewed(document: str, backend: str | None) -> Preview:
    desired = parse(text.read(document))
    return await network(backend).preview(desired)


async def _why(what: str | None, backend: str | None) -> list[str]:
    host = network(backend)
    if what is None:
        return why_change(await host.pending(), host.last(), await host.drift())
    state = await host.observe()
    if (interface := state.interface(what)) is not None:
        return why_interface(interface, state, await host.drift() or ())
    return await why_destination(what, state)
