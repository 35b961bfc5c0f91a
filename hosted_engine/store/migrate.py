"""Brings a database to the form that this version works with; Alembic is loaded only when there is something to do."""

from pathlib import Path

from sqlalchemy import Engine, inspect, text

HEAD = "0001"  # the newest revision in migrations/versions; a test holds it true


def revision(engine: Engine) -> str | None:
    """The revision that the database is at, None when it is empty."""
    if not inspect(engine).has_table("alembic_version"):
        return None
    with engine.begin() as connection:
        found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def migrate(engine: Engine, to: str = HEAD) -> None:
    if revision(engine) == to:
        return
    from alembic import command  # a third of the engine's start time, and seldom needed
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, to)
