"""`trivet install check|sysinfo|schema`: what would happen, what this machine is, what may be answered."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import msgspec

from installer.answers import Answers
from installer.machine_lines import machine_lines
from installer.plan import InstallPlan, plan
from installer.preflight import Finding, Severity, findings
from installer.reading import AnswersWrong, Remark, read_with_warnings, text_of
from installer.reasons import DoesNotFit, Reason
from installer.schema import answers_schema
from installer.sysinfo import SysInfo

CHECK_ID = "00000000-0000-4000-8000-000000000000"  # of the installation that a check plays through


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that is known of answers on a machine; without mistakes and reasons there is a plan."""

    mistakes: tuple[Remark, ...] = ()
    warnings: tuple[Remark, ...] = ()
    reasons: tuple[Reason, ...] = ()
    findings: tuple[Finding, ...] = ()
    plan: InstallPlan | None = None

    @property
    def errors(self) -> int:
        errors = [one for one in self.findings if one.severity is Severity.ERROR]
        return len(self.mistakes) + len(self.reasons) + len(errors)


def verdict(text: str, sysinfo: SysInfo) -> Verdict:
    """What would happen with the answers in `text` on the machine `sysinfo`."""
    try:
        reading = read_with_warnings(text)
    except AnswersWrong as err:
        return Verdict(mistakes=err.mistakes, findings=findings(sysinfo))
    made, reasons = _planned(reading.answers, sysinfo)
    return Verdict((), reading.warnings, reasons, findings(sysinfo, reading.answers), made)


def _planned(answers: Answers, sysinfo: SysInfo) -> tuple[InstallPlan | None, tuple[Reason, ...]]:
    """Of the machine itself the findings say more than the reasons of the plan."""
    try:
        return plan(answers, sysinfo, CHECK_ID), ()
    except DoesNotFit as err:
        return None, tuple(reason for reason in err.reasons if reason.path != "machine")


def make_check(collect: Callable[[], SysInfo]) -> click.Command:
    @click.command()
    @click.argument("answers", type=click.Path(path_type=Path, exists=True, dir_okay=False))
    @click.option(
        "--against",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="What `trivet install sysinfo --json` has said of another machine; without it, this one is looked at.",
    )
    @click.option("--json", "as_json", is_flag=True, help="One JSON object.")
    def check(answers: Path, against: Path | None, as_json: bool) -> None:
        """Say what an installation with ANSWERS would do, and everything that speaks against it.

        Nothing is written. The exit status is 1 when it would not be installed.
        """
        sysinfo = _this_machine(collect) if against is None else _read_sysinfo(against)
        try:
            found = verdict(text_of(answers.read_bytes()), sysinfo)
        except AnswersWrong as err:
            found = Verdict(mistakes=err.mistakes)
        click.echo(_as_json(found) if as_json else "\n".join(_lines(found)))
        raise SystemExit(1 if found.errors else 0)

    return check


def make_sysinfo(collect: Callable[[], SysInfo]) -> click.Command:
    @click.command()
    @click.option("--json", "as_json", is_flag=True, help="As `trivet install check --against` reads it.")
    def sysinfo(as_json: bool) -> None:
        """Say what this machine is: disks with what is on them, NICs, firmware, and what is wrong with it."""
        found = _this_machine(collect)
        if as_json:
            click.echo(msgspec.json.format(msgspec.json.encode(found)))
            return
        click.echo("\n".join((*machine_lines(found), *map(str, findings(found)))))

    return sysinfo


@click.command()
def schema() -> None:
    """Print the JSON Schema of answers, for editors that check while one types."""
    click.echo(json.dumps(answers_schema(), indent=2, ensure_ascii=False))


def _this_machine(collect: Callable[[], SysInfo]) -> SysInfo:
    if os.geteuid() != 0:
        raise click.ClickException("This needs root: disks are looked at")
    return collect()


def _read_sysinfo(path: Path) -> SysInfo:
    try:
        return msgspec.json.decode(path.read_bytes(), type=SysInfo)
    except (msgspec.MsgspecError, UnicodeDecodeError) as err:
        why = f"{path} is not what `trivet install sysinfo --json` writes: {err}"
        raise click.ClickException(why) from err


def _lines(found: Verdict) -> Sequence[str]:
    lines = [f"Mistake: {mistake}" for mistake in found.mistakes]
    lines += [f"Warning: {warning}" for warning in found.warnings]
    if found.plan is not None:
        lines += found.plan.lines
        for losing in found.plan.losing:
            content = losing.content or "nothing was found on it"
            lines.append(f"Loses its content: {losing.serial} ({losing.disk.name}): {content}")
    lines += [f"Error: {reason.path}: {reason}" for reason in found.reasons]
    lines += map(str, found.findings)
    count = found.errors
    end = f"It would not be installed: {count} error{'s' if count > 1 else ''}" if count else "It would be installed"
    return [*lines, end]


def _as_json(found: Verdict) -> str:
    made = found.plan
    said = {
        "would_install": not found.errors,
        "mistakes": found.mistakes,
        "warnings": found.warnings,
        "reasons": found.reasons,
        "findings": found.findings,
        "plan": None if made is None else made.lines,
        "loses": [] if made is None else [{"disk": one.serial, "content": one.content} for one in made.losing],
        "steps": [] if made is None else [step.description for step in made.steps],
    }
    return msgspec.json.format(msgspec.json.encode(said)).decode()
