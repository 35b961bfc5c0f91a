"""What seeds of all kinds are made with: rows of the database, fixtures of fixtures, waiting."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import ovirtsdk4 as sdk

from tests.conformance.examples.case import Blocked, Fixture, Site
from tests.conformance.examples.state import Row

GIB = 1 << 30

MADE_WITHIN_S = 30.0


def renamed(table: str, old: str, new: str) -> Fixture:
    def fixture(site: Site) -> None:
        site.execute(f"UPDATE {table} SET name = ? WHERE name = ?", new, old)

    fixture.__name__ = f"{table}_{new}"
    return fixture


def copied(site: Site, table: str, row: Row, **changed: object) -> str:
    """Add a row like `row` with another id; answers the id."""
    new = {**row, "id": str(uuid.uuid4()), **changed}
    columns = ", ".join(f'"{name}"' for name in new)
    values = [json.dumps(value) if isinstance(value, list | dict) else value for value in new.values()]
    site.execute(f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * len(new))})", *values)
    return str(new["id"])


NO_ID = "00000000-0000-0000-0000-000000000000"  # what Ansible's documentation writes where the reader has an id


def copy_of_first(table: str, name: str, **changed: object) -> Fixture:
    """Another row like the first one of that table, under that name."""

    def fixture(site: Site) -> None:
        copied(site, table, site.state().rows(table)[0], name=name, **changed)

    fixture.__name__ = f"{table}_{name}"
    return fixture


def many(make: Callable[[str], Fixture], *names: str) -> Fixture:
    def fixture(site: Site) -> None:
        for name in names:
            make(name)(site)

    fixture.__name__ = f"{'_'.join(names)}"
    return fixture


def added(collection: str, make: Callable[[], Any]) -> Fixture:
    """An object of a collection below the root, made through the API: `added("tags", lambda: types.Tag(…))`."""

    def fixture(site: Site) -> None:
        with site.connection() as connection:
            getattr(connection.system_service(), f"{collection}_service")().add(make())

    fixture.__name__ = collection
    return fixture


def never(why: str) -> Fixture:
    """What a case needs cannot be here."""

    def fixture(site: Site) -> None:
        raise Blocked(why)

    return fixture


def set_in(table: str, name: str, **values: object) -> Fixture:
    """Give the row of that name these values."""

    def fixture(site: Site) -> None:
        for column, value in values.items():
            site.execute(f"UPDATE {table} SET {column} = ? WHERE name = ?", value, name)

    fixture.__name__ = f"{table}_{name}"
    return fixture


def with_no_id(table: str, name: str) -> Fixture:
    """Give the row of that name the id that the documentation writes."""

    def fixture(site: Site) -> None:
        site.execute(f"UPDATE {table} SET id = ? WHERE name = ?", NO_ID, name)

    fixture.__name__ = f"{table}_with_the_id_of_the_documentation"
    return fixture


def data_domain(connection: sdk.Connection) -> Any:
    """The storage domain for disks, whatever its name is by now: not the engine's."""
    domains = connection.system_service().storage_domains_service().list()
    return next(domain for domain in domains if domain.name not in ("engine", "hosted_storage"))


def until(done: Callable[[], bool]) -> None:
    until = time.monotonic() + MADE_WITHIN_S
    while not done():
        if time.monotonic() > until:
            raise sdk.Error("it was not made in time")
        time.sleep(0.02)
