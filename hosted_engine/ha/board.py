"""This host's part in the whiteboard: one round writes its block and reads those of the others. Blocks: see Monitor."""

import errno
import threading
from dataclasses import dataclass

import msgspec

from hosted_engine.ha.whiteboard import BadBlock, ClusterBlock, HostBlock
from hosted_engine.ha.whiteboard_file import WhiteboardFile


@dataclass(frozen=True, slots=True)
class BoardState:
    """`blocks`: of the other members. `written`: this host's own block is on the storage. `full`: None is unknown."""

    blocks: tuple[tuple[int, HostBlock | BadBlock], ...]
    cluster: ClusterBlock | BadBlock
    written: bool
    reason: str = ""
    full: bool | None = None


class Board:
    """`say` sets what the next round writes; the sequence goes up with every block that is written."""

    def __init__(self, file: WhiteboardFile, host_id: int, others: tuple[int, ...]) -> None:
        self._file = file
        self._host_id = host_id
        self._others = others
        self._lock = threading.Lock()
        self._last_block: HostBlock | None = None
        self._sequence: int | None = None

    def publish(self, block: HostBlock) -> None:
        with self._lock:
            self._last_block = block

    def read_own(self) -> HostBlock | BadBlock:
        return self._file.read_hosts([self._host_id])[self._host_id]

    def __call__(self) -> BoardState:
        """Raises OSError when nothing can be read."""
        self._file.make()
        cluster, blocks = self._file.read_cluster(), self._file.read_hosts(self._others)
        full = self._is_full()
        try:
            self._write()
        except OSError as err:
            full = True if err.errno in (errno.ENOSPC, errno.EDQUOT) else full
            return BoardState(tuple(blocks.items()), cluster, written=False, reason=str(err), full=full)
        return BoardState(tuple(blocks.items()), cluster, written=True, full=full)

    def _is_full(self) -> bool | None:
        try:
            return self._file.is_full()
        except OSError:
            return None

    def _write(self) -> None:
        with self._lock:
            said = self._last_block
        if said is None:
            return
        if self._sequence is None:
            own = self.read_own()
            self._sequence = own.sequence if isinstance(own, HostBlock) else 0
        self._sequence += 1
        self._file.write_host(msgspec.structs.replace(said, sequence=self._sequence))
