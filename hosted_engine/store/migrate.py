"""Brings a database to the form that this version works with; Alembic is loaded only when there is an old one."""

from pathlib import Path

from sqlalchemy import Column, Engine, MetaData, String, Table, insert, inspect, select

from hosted_engine.store.tables import metadata

HEAD = "0009"  # the newest revision in migrations/versions; a test holds it true

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
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)


def _create(engine: Engine) -> None:
    """The newest form at once; a test holds it equal to what the revisions make."""
    with engine.begin() as connection:
        metadata.create_all(connection)
        _version.create(connection)
        connection.execute(insert(_version).values(version_num=HEAD))
