"""The engine VM's configuration on its volume: what to start next with, the last that was healthy, what was tried.

Each file has one writer at a time: the engine's edits come through one agent, and of a VM that runs only the host that
has it, and so its lease, notes that it is tried or healthy. All are replaced at once; none is needed to read another.
"""

import logging
from pathlib import Path
from typing import TypeVar

import msgspec

from node.api.messages.ha import EngineVmConfig, EngineVmEdit, EngineVmReport, TriedEngineVm
from node.api.problems import Failed
from node.storage.earlier import with_storage_domains
from node.storage.layout import previous
from node.system.files import read_or_none, write_durable

T = TypeVar("T")

log = logging.getLogger(__name__)

WANTED = "engine-vm.json"
GOOD = "engine-vm.good.json"
TRIED = "engine-vm.tried.json"


class EngineVmFileDamaged(Failed):
    what = "{file} on volume engine cannot be used"
    why = "{reason}"
    mend = "Run the deploy on the node that it ran on: it writes the file anew"


def read(folder: Path) -> EngineVmReport:
    """Raises OSError where the volume does not answer, EngineVmFileDamaged where there is no whole configuration."""
    good = _read_or_none(folder / GOOD, EngineVmConfig)
    wanted = _read_or_none(folder / WANTED, EngineVmConfig)
    before = None if wanted is not None else _read_or_none(folder / previous(WANTED), EngineVmConfig)
    use = wanted or good or before
    if use is None:
        raise EngineVmFileDamaged(file=WANTED, reason=_why_unusable(folder / WANTED))
    return EngineVmReport(
        wanted=use, good=good, tried=_read_or_none(folder / TRIED, TriedEngineVm), damaged=wanted is None
    )


def edit(folder: Path, change: EngineVmEdit) -> EngineVmReport:
    """Let the next start take memory and processors of `change`. Safe to repeat: one that is there is not made anew."""
    found = read(folder)
    if found.damaged or found.wanted.edit != change.edit:
        values = {name: getattr(change, name) for name in EngineVmEdit.__struct_fields__}
        _write(folder / WANTED, msgspec.structs.replace(found.wanted, **values))
    return read(folder)


def note_good(folder: Path, config: EngineVmConfig) -> None:
    _write(folder / GOOD, config)


def note_tried(folder: Path, tried: TriedEngineVm) -> None:
    _write(folder / TRIED, tried)


def _read_or_none(path: Path, kind: type[T]) -> T | None:
    """None also for one that is damaged: a file that cannot be read counts for nothing, and is said by who needs it."""
    text = read_or_none(path)
    try:
        return None if text is None else msgspec.convert(with_storage_domains(msgspec.json.decode(text)), type=kind)
    except msgspec.MsgspecError as err:
        log.warning("%s on volume engine cannot be used: %s", path.name, err)
        return None


def _write(path: Path, one: msgspec.Struct) -> None:
    write_durable(path, msgspec.json.format(msgspec.json.encode(one), indent=2) + b"\n")


def _why_unusable(path: Path) -> str:
    text = read_or_none(path)
    if text is None:
        return "it is not there"
    try:
        msgspec.convert(with_storage_domains(msgspec.json.decode(text)), type=EngineVmConfig)
    except msgspec.MsgspecError as err:
        return str(err)
    return "it changed meanwhile"
