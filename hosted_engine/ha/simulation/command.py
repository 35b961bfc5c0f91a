"""`trivet ha simulate FOLDER`: reads a scenario, runs it, shows how it went and what differs from what is expected."""

import difflib
import json
from dataclasses import asdict
from pathlib import Path

import click

from hosted_engine.ha.simulation.events import BadEvent
from hosted_engine.ha.simulation.scenario import BadScenario, Run, Scenario, parse_scenario, run

EXPECTED = "log.expect"


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="One JSON object: log, violations, engine_on, as_expected.")
def simulate(folder: Path, as_json: bool) -> None:
    """Run the scenario in FOLDER on a virtual clock: cluster.toml, events.txt and, if it is there, log.expect.

    Ends with 1 when the log differs from what is expected, or a promise is broken: two engines, no engine though a
    host could run it, something done in global maintenance, flapping.
    """
    try:
        done = run(read_scenario(folder))
    except (BadScenario, BadEvent) as err:
        raise click.ClickException(f"{folder}: {err}") from err
    except OSError as err:
        raise click.ClickException(f"Cannot read {err.filename}: {err.strerror}") from err
    expected = folder / EXPECTED
    difference = _difference(expected.read_text(), done.text) if expected.is_file() else ""
    click.echo(_as_json(done, difference) if as_json else done.text + difference, nl=as_json)
    if difference or done.violations:
        raise SystemExit(1)


def read_scenario(folder: Path) -> Scenario:
    """Raises BadScenario and OSError."""
    return parse_scenario((folder / "cluster.toml").read_text(), (folder / "events.txt").read_text())


def _difference(expected: str, found: str) -> str:
    lines = difflib.unified_diff(expected.splitlines(True), found.splitlines(True), EXPECTED, "this run")
    return "".join(lines)


def _as_json(done: Run, difference: str) -> str:
    return json.dumps(
        {
            "log": done.lines,
            "violations": [asdict(violation) for violation in done.violations],
            "engine_on": done.engine_on,
            "as_expected": not difference,
        }
    )
