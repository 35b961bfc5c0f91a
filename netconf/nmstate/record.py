"""What is remembered of a change until it is over, on the disk: any process can confirm it, also after a crash."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

from netconf import durable


class Phase(StrEnum):
    BEGUN = "begun"  # the library is at it; its checkpoint may be there or not
    APPLIED = "applied"
    CONFIRMING = "confirming"  # its profiles are being saved; what is left to do is to be done
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class Record:
    """`number` is that of NetworkManager's checkpoint, `profiles` are the UUIDs of those that are only in memory until
    the change is confirmed, `gone` the interfaces whose profiles are deleted then. `owner` is the NetworkManager that
    makes the change, by its name on the bus, `before` are the UUIDs of what was in memory already."""

    mark: str
    phase: Phase
    number: str = ""
    profiles: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    owner: str = ""
    before: tuple[str, ...] = ()

    @classmethod
    def of(cls, found: Mapping[str, object]) -> Self:
        profiles, gone, before = (
            tuple(str(item) for item in as_list(found.get(key))) for key in ("profiles", "gone", "before")
        )
        number, owner = (str(found.get(key, "")) for key in ("number", "owner"))
        return cls(str(found["mark"]), Phase(str(found["phase"])), number, profiles, gone, owner, before)


def as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


class Records:
    """One record, of the latest change: a file that is replaced at a stroke."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "nmstate.json"

    def read(self) -> Record | None:
        try:
            return Record.of(json.loads(self._file.read_text()))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, AttributeError):  # not written by us to its end: of nothing that ran
            return None

    def write(self, record: Record) -> None:
        durable.write(self._file, json.dumps(asdict(record)))
