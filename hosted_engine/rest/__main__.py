"""`python -m hosted_engine.rest`: how much of the API is there, and a page about each of its entities."""

from typing import cast

import click

from hosted_engine.engine.engine import Engine
from hosted_engine.engine.entities import ENTITIES
from hosted_engine.rest.entities.documentation import page
from hosted_engine.rest.resources import handlers
from hosted_engine.rest.schema import schema


def coverage() -> tuple[list[str], list[str]]:
    """What is there and what is not, as "Service.method"."""
    there = {f"{service}.{method}" for service, method in handlers(cast(Engine, None))}
    every = {f"{service}.{method.name}" for _, method, service in schema().routes()}
    return sorted(there & every), sorted(every - there)


@click.command()
@click.option("-v", "--verbose", is_flag=True, help="Name the methods that are not there.")
@click.option("--doc", is_flag=True, help="The page of an entity, by its table; without one, which there are.")
@click.argument("entity", required=False)
def main(*, verbose: bool, doc: bool, entity: str | None) -> None:
    """How many of the API's methods are there."""
    if doc:
        click.echo(_page(entity) if entity else "\n".join(f"{e.table}: {e.kind}" for e in ENTITIES))
        return
    there, missing = coverage()
    if verbose:
        click.echo("\n".join(missing))
    click.echo(f"{len(there)} of {len(there) + len(missing)} methods are there")


def _page(table: str) -> str:
    for entity in ENTITIES:
        if entity.table == table:
            return page(entity, schema())
    raise click.UsageError(f"there is no entity {table}; --doc alone names all")


if __name__ == "__main__":
    main()
