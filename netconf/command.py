"""`trivet net …`: the network of this machine on the command line."""

import asyncio
import json
from collections.abc import Coroutine
from typing import IO, TypeVar

import click

from netconf import text
from netconf.document import parse, render
from netconf.errors import BadDocument, Problem
from netconf.facade import Network
from netconf.networkmanager.backend import NetworkManager

_T = TypeVar("_T")
_as_json = click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")


@click.group()
def net() -> None:
    """The network of this machine, in documents of nmstate's schema. Needs root and NetworkManager."""


@net.command()
@_as_json
def show(as_json: bool) -> None:
    """Print the network as it is; `trivet net plan` takes what this prints."""
    document = _carried_out(_shown())
    click.echo(json.dumps(document, indent=2) if as_json else text.write(document), nl=as_json)


@net.command()
@click.argument("document", type=click.File(encoding="utf-8"), default="-")
@_as_json
def plan(document: IO[str], as_json: bool) -> None:
    """Say what would have to change for the network to be as DOCUMENT (YAML or JSON; standard input without it) wishes.

    Changes nothing.
    """
    steps = _carried_out(_planned(document.read()))
    if as_json:
        click.echo(json.dumps({"steps": [{"interface": name or None, "says": says} for name, says in steps]}, indent=2))
    elif steps:
        click.echo("\n".join(says for _, says in steps))
    else:
        click.echo("The network is already so")


async def _shown() -> dict[str, object]:
    return render(await Network(NetworkManager()).observe())


async def _planned(wish: str) -> list[tuple[str, str]]:
    desired = parse(text.read(wish))
    return [(step.name, step.says) for step in await Network(NetworkManager()).plan(desired)]


def _carried_out(work: Coroutine[None, None, _T]) -> _T:
    try:
        return asyncio.run(work)
    except BadDocument as err:
        raise click.ClickException("\n".join((f"{err.text.what}:", *(f"  {found}" for found in err.findings)))) from err
    except Problem as err:
        raise click.ClickException(str(err)) from err
