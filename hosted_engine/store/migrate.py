"""Brings a database to the form that this version works with; Alembic is loaded only when there is an old one."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, insert, inspect, select

from hosted_engine.store.tables import metadata

_MIGRATIONS = Path(__file__).parent / "migrations"


def _newest() -> str:
    """The newest revision, which no other follows, read from the text of its file: to import one is to load Alembic.
    Raises ValueError where the revisions are no single line."""
    texts = "\n".join(file.read_text() for file in (_MIGRATIONS / "versions").glob("*.py"))
    followed = set(re.findall(r'^down_revision = "(\d+)"$', texts, re.MULTILINE))
    (newest,) = set(re.findall(r'^revision = "(\d+)"$', texts, re.MULTILINE)) - followed
    return str(newest)


HEAD = _newest()

_version = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))  # Alembic's own


def revision(engine: Engine) -> str | None:
    """The revision that the database is at, None when it is empty."""
    if not inspect(engine).has_table(_version.name):
        return None
    with engine.begin() as connection:
        found: str | None = connection.execute(select(_version.c.version_num)).scalar()
    return found


def bring_up_to_date(engine: Engine) -> None:
    match revision(engine):
        case None:
            _create(engine)
        case at if at != HEAD:
            upgrade(engine)


def upgrade(engine: Engine) -> None:
    """Run the revisions that the database has not seen; all of them on an empty one."""
    from alembic import command  # a third of the engine's start time, and seldom needed
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with engine.connect() as connection, _references_unchecked(connection), connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)
        _check_references(connection)


@contextmanager
def _references_unchecked(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by copying it and dropping the old one, which others refer to. This is the driver's to
    set: within a transaction it would count for nothing."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.driver_connection
    assert driver is not None
    (before,) = driver.execute("PRAGMA foreign_keys").fetchone()
    driver.execute("PRAGMA foreign_keys=OFF")
    yield
    driver.execute(f"PRAGMA foreign_keys={before}")


def _check_references(connection: Connection) -> None:
    """Raises RuntimeError, so that all is taken back, when something refers to what is not there."""
    if connection.dialect.name == "sqlite" and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
        raise RuntimeError(f"the migration broke references: {broken[:3]}")


def _create(engine: Engine) -> None:
    """The newest form at once; a test holds it equal to what the revisions make."""
    with engine.begin() as connection:
        metadata.create_all(connection)
        _version.create(connection)
        connection.execute(insert(_version).values(version_num=HEAD))
