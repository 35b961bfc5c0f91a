"""What is remembered of upgrades and boots on the state partition, which all versions share."""

from pathlib import Path
from typing import TypeVar

import msgspec

from node.system.files import read_or_none, write_durable

MAX_RECORDED_BOOTS = 20
_T = TypeVar("_T")


class LastUpgrade(msgspec.Struct, frozen=True, kw_only=True):
    """Written before the new version may be started for the first time. Times are seconds since 1970; `dropped_at` is
    when somebody asked for a rollback."""

    version: str
    previous: str
    at: float
    dropped_at: float | None = None


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a healthy node has. `why` says what is wrong with it, and is empty when it is good."""

    what: str
    why: str = ""

    @property
    def is_good(self) -> bool:
        return not self.why


class BootHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How a boot went. `counted`: it was one of the tries of a version that had not proven good before."""

    boot: str
    version: str
    at: float
    counted: bool
    findings: tuple[Finding, ...]

    @property
    def is_healthy(self) -> bool:
        return all(finding.is_good for finding in self.findings)

    @property
    def why(self) -> str:
        return "; ".join(f"{one.what}: {one.why}" for one in self.findings if not one.is_good)


class Records:
    """Files in `folder`. One that cannot be read counts as not there: nothing that is decided depends on it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def last_upgrade(self) -> LastUpgrade | None:
        return self._read("upgrade.json", LastUpgrade)

    def begin_upgrade(self, upgrade: LastUpgrade) -> None:
        """What was written down of earlier tries of this version is forgotten."""
        self._write("health.json", [boot for boot in self.boots() if boot.version != upgrade.version])
        self._write("upgrade.json", upgrade)

    def drop_upgrade(self, at: float) -> None:
        if (last := self.last_upgrade()) is not None:
            self._write("upgrade.json", msgspec.structs.replace(last, dropped_at=at))

    def boots(self) -> tuple[BootHealth, ...]:
        """The latest last."""
        return self._read("health.json", tuple[BootHealth, ...]) or ()

    def add_boot(self, health: BootHealth) -> None:
        """In the place of what was written down of the same boot before."""
        others = [one for one in self.boots() if one.boot != health.boot]
        self._write("health.json", [*others, health][-MAX_RECORDED_BOOTS:])

    def _read(self, name: str, kind: type[_T]) -> _T | None:
        try:
            return msgspec.json.decode(read_or_none(self._folder / name) or b"", type=kind)
        except (msgspec.MsgspecError, OSError):
            return None

    def _write(self, name: str, value: object) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        text = msgspec.json.format(msgspec.json.encode(value), indent=1)
        write_durable(self._folder / name, text + b"\n")
