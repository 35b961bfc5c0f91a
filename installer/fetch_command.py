"""`trivet install fetch-answers`: brings the answers of an unattended installation here, as the medium starts."""

from pathlib import Path

import click

from installer.fetching import WAIT_S, fetch
from installer.reading import text_of
from installer.sources import find_source
from node.api.problems import Problem
from node.system.files import write_durable
from node.system.process import run

COMMAND_LINE = Path("/proc/cmdline")
NO_SOURCE = 3  # exit status


@click.command("fetch-answers")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--command-line",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=COMMAND_LINE,
    show_default=True,
    help="Where trivet.answers= and trivet.answers.pin= stand.",
)
@click.option("--patience", "wait_s", type=float, default=WAIT_S, show_default=True, help="In seconds.")
def fetch_answers(file: Path, command_line: Path, wait_s: float) -> None:
    """Fetch the answers that the kernel's command line names into FILE, which only its owner may read.

    trivet.answers=label:NAME[/FILE] is a file on the file system or partition with that label, answers.toml where none
    is named; trivet.answers=https://… is fetched, from a server with the key trivet.answers.pin=sha256:… where that is
    given. The exit status is 3 when the command line names none: the installation is an attended one then.
    """
    try:
        source = find_source(command_line.read_text())
        if source is None:
            raise SystemExit(NO_SOURCE)
        click.echo(f"Fetching {source}")
        content = fetch(source, run, wait_s=wait_s)
        text_of(content)
        file.parent.mkdir(parents=True, exist_ok=True)
        write_durable(file, content, mode=0o600)
    except Problem as err:
        raise click.ClickException(str(err)) from err
    except OSError as err:
        raise click.ClickException(f"{err.filename} was not written: {err.strerror}") from err
