"""What the runs of a site wrote down, one journal each: which steps were begun, which are left, which way it goes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from node.steps import Entry, Mark, Outcome
from node.system.files import sync_folder
from node.system.journal import FileJournal

_NAME = re.compile(r"(\d+)(-back)?\.jsonl")


@dataclass(frozen=True, slots=True)
class _Run:
    """`back`: it takes the site back."""

    path: Path
    number: int
    back: bool
    entries: Sequence[Entry]

    @property
    def ended(self) -> bool:
        return bool(self.entries) and self.entries[-1] == Entry(Mark.ENDED, detail=Outcome.DONE.value)

    def keys(self, mark: Mark) -> frozenset[str]:
        return frozenset(entry.key for entry in self.entries if entry.mark is mark)


class Journals:
    """Files `0001.jsonl` of deploys and `0002-back.jsonl` of taking back. What lies before a taking back that came to
    its end counts no more."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def unfinished(self) -> frozenset[str]:
        """The keys of the steps that the last deploy planned and did not come to the end of."""
        runs = self._deploys()
        if not runs or runs[-1].ended:
            return frozenset()
        return frozenset(runs[-1].entries[0].detail.split("\n")) - runs[-1].keys(Mark.DONE)

    def formed(self) -> bool:
        """Whether a deploy has ended well: the site was whole once."""
        return any(run.ended for run in self._deploys())

    def begun(self) -> frozenset[str]:
        """The keys of all steps that deploys have begun."""
        return frozenset().union(*(run.keys(Mark.STARTED) for run in self._deploys()))

    def done(self) -> frozenset[str]:
        """The keys of all steps that deploys have done."""
        return frozenset().union(*(run.keys(Mark.DONE) for run in self._deploys()))

    def is_tearing_down(self) -> bool:
        """Whether the site is being taken back: begun and not ended."""
        return any(run.back for run in self._counting())

    def teardown_begun(self) -> frozenset[str]:
        """The keys of all steps that have begun to be taken back."""
        return frozenset().union(*(run.keys(Mark.STARTED) for run in self._counting() if run.back))

    def is_torn_down(self) -> bool:
        """Whether the last run has taken the site back to its end."""
        runs = self._written()
        return bool(runs) and runs[-1].back and runs[-1].ended

    def new(self, *, back: bool = False) -> FileJournal:
        """The journal of a new run. Until its first entry is written the last run's counts."""
        number = max((run.number for run in self._runs()), default=0) + 1
        return FileJournal(self._folder / f"{number:04}{'-back' if back else ''}.jsonl")

    def clear(self) -> None:
        """Remove all, the oldest first: what is left after a crash still ends with the run that ended it."""
        for run in self._runs():
            run.path.unlink()
            sync_folder(self._folder)

    def _deploys(self) -> list[_Run]:
        return [run for run in self._counting() if not run.back]

    def _counting(self) -> list[_Run]:
        runs = self._written()
        ends = [number for number, run in enumerate(runs) if run.back and run.ended]
        return runs[ends[-1] + 1 :] if ends else runs

    def _written(self) -> list[_Run]:
        return [run for run in self._runs() if run.entries]

    def _runs(self) -> list[_Run]:
        named = [(path, _NAME.fullmatch(path.name)) for path in self._folder.glob("*.jsonl")]
        runs = [
            _Run(path, int(name[1]), name[2] is not None, FileJournal(path).entries()) for path, name in named if name
        ]
        return sorted(runs, key=lambda run: run.number)
