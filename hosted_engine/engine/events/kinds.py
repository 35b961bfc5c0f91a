"""Events by their names in oVirt's AuditLogType; code and severity are oVirt's (codes.json)."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hosted_engine.engine.events.model import Severity


@dataclass(frozen=True, slots=True)
class EventKind:
    """`sentence` has blanks that `emit` fills. Raises TypeError for a name that oVirt does not have."""

    name: str
    sentence: str

    def __post_init__(self) -> None:
        if self.name not in _codes():
            raise TypeError(f"oVirt has no event {self.name}")

    @property
    def code(self) -> int:
        return _codes()[self.name][0]

    @property
    def severity(self) -> Severity:
        return Severity(_codes()[self.name][1])


@cache
def _codes() -> dict[str, tuple[int, str]]:
    events = json.loads(Path(__file__).with_name("codes.json").read_text())["events"]
    return {name: (code, severity) for name, (code, severity) in events.items()}
