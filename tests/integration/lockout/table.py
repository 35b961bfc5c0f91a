"""The table: a line for each bad configuration, what became of it through either entry, and who was to stop it."""

from collections.abc import Iterable

from tests.integration.lockout.entries import Api, Command, End
from tests.integration.lockout.trial import Bad, Outcome

_NAME, _CELL = 34, 20
_LABELS = {
    End.REFUSED: "refused",
    End.ROLLED_BACK: "taken back",
    End.UNCONFIRMED: "not confirmed",
    End.CONFIRMED: "kept",
    End.CUT: "came back",
}


def table(bads: Iterable[Bad], outcomes: Iterable[Outcome]) -> str:
    """A trial that broke counts as a lock-out: nobody knows."""
    bads = tuple(bads)
    found = {(outcome.name, outcome.entry): outcome for outcome in outcomes}
    lines = [_line("", Command.name, Api.name, "stopped by"), _line("", "without it for", "without it for", "")]
    for bad in bads:
        cells = (found.get((bad.name, entry)) for entry in (Command.name, Api.name))
        lines.append(_line(bad.name, *("" if one is None else _cell(one) for one in cells), bad.stopped_by))
    locked = [outcome for outcome in found.values() if outcome.locked_out]
    wrong = [outcome for outcome in found.values() if outcome.wrong and not outcome.locked_out]
    worst = max((outcome.unreachable_s for outcome in found.values()), default=0.0)
    lines.append(f"\nlongest without it: {worst:.0f} s; not as before or not to be changed again: {len(wrong)}")
    missing = 2 * len(bads) - len(found)
    lines.append(f"lock-outs: {len(locked)} of {len(found)}" + (f"; never ended: {missing}" if missing else ""))
    return "\n".join(lines)


def _cell(outcome: Outcome) -> str:
    if outcome.locked_out:
        return "LOCKED OUT"
    if outcome.wrong or outcome.end is None:
        return "WRONG"
    return f"{_LABELS[outcome.end]:13} {outcome.unreachable_s:3.0f} s"


def _line(*cells: str) -> str:
    name, first, second, last = cells
    return f"{name:{_NAME}} {first:{_CELL}} {second:{_CELL}} {last}".rstrip()
