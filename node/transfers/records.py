"""What is open for transfer, on a file system that is empty after each boot, as the units and tickets are gone then."""

from pathlib import Path

import msgspec

from node.api.messages.transfers import TransferRequest
from node.api.refusals import token
from node.system.files import read_or_none, write_durable


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """`until` is on the machine's monotonic clock: who has not renewed it by then has forgotten it. `closed`: all is
    gone but a ticket that opens nothing, on which a client holds."""

    request: TransferRequest
    path: str
    size_bytes: int
    until: float
    closed: bool = False


class Records:
    """Files in `folder`, written before anything is opened and removed when all is closed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, record: Record) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_durable(self._file(record.request.id), msgspec.json.encode(record))

    def find(self, transfer_id: str) -> Record | None:
        content = read_or_none(self._file(transfer_id))
        return msgspec.json.decode(content, type=Record) if content else None

    def all(self) -> list[Record]:
        names = sorted(path.stem for path in self._folder.glob("*.json"))
        return [record for name in names if (record := self.find(name)) is not None]

    def remove(self, transfer_id: str) -> None:
        self._file(transfer_id).unlink(missing_ok=True)

    def _file(self, transfer_id: str) -> Path:
        return self._folder / f"{token('transfer id', transfer_id)}.json"
