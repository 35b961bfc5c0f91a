"""Reads what a suite left behind: how many tests passed, which ones failed. Pure but for reading its two files."""

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import msgspec

_COUNT = re.compile(r"(\d+) (passed|failed|error|skipped)")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Ending(StrEnum):
    PASSED = "passed"
    FAILED = "FAILED"
    HUNG = "HUNG"  # it was ended when its time was over


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one suite ended. `failed` holds pytest's node ids; empty beside FAILED when no single test is to blame.
    `broke_off`: not all of its tests were run, so that those which failed are not all that is wrong."""

    name: str
    ending: Ending
    seconds: float
    log: Path
    passed: int = 0
    skipped: int = 0
    failed: tuple[str, ...] = ()
    broke_off: bool = False

    @property
    def good(self) -> bool:
        return self.ending is Ending.PASSED


def counts(log: str) -> dict[str, int]:
    """The numbers of the last line in which pytest sums up: {"passed": 67, …}; empty when it never did."""
    for line in reversed(_COLOURS.sub("", log).splitlines()):
        found = _COUNT.findall(line)
        if found and re.search(r" in \d", line):
            return {word: int(number) for number, word in found}
    return {}


def failed_tests(cache: Path) -> tuple[str, ...]:
    """The node ids that pytest noted as failed in its cache folder, in their order."""
    noted = cache / "v/cache/lastfailed"
    if not noted.exists():
        return ()
    return tuple(msgspec.json.decode(noted.read_bytes(), type=dict[str, bool]))
