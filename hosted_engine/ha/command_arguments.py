"""What the commands of `trivet ha` share: how they ask, and what they take."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from node.api.problems import Problem

T = TypeVar("T")

as_json_option = click.option("--json", "as_json", is_flag=True, help="For machines.")


def asked(ask: Callable[[], T]) -> T:
    """What `ask` answers; what goes wrong ends the command with a sentence."""
    try:
        return ask()
    except Problem as err:
        raise click.ClickException(str(err)) from err
    except PermissionError as err:
        raise click.ClickException(f"This needs root ({err})") from err


def read_text(path: Path, bad: Callable[[str], Problem]) -> str:
    """Of a file that an option names. Raises what `bad` makes of the reason."""
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as err:
        raise bad(f"cannot be read ({path})") from err
