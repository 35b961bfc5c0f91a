"""What the daemon thinks now and what it thought before, in files for people and the command line."""

import logging
import queue
import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from hosted_engine.ha.ranking import own_score, unseen_for_s
from hosted_engine.ha.view import Decision, View
from hosted_engine.ha.whiteboard import HostBlock
from node.ha_service import STATUS
from node.system.files import read_or_none

log = logging.getLogger(__name__)

HISTORY = "history.jsonl"
MOST_LINES = 4000


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Something that changed. `at` is wall clock, `monotonic` tells how long things took."""

    at: float
    monotonic: float
    state: str
    action: str
    reason: str
    score: int
    outcome: str = ""
    lease: str = ""
    health: str = ""
    vm: str = ""


class Records:
    """`runtime` is a tmpfs folder, `state` survives a boot. A thread writes: no disk holds up who tells."""

    def __init__(self, runtime: Path, state: Path) -> None:
        self._status, self._history = runtime / STATUS, state / HISTORY
        self._due: queue.SimpleQueue[tuple[bytes, bytes]] = queue.SimpleQueue()
        self._last: tuple[str, ...] = ()
        threading.Thread(target=self._write, name="records", daemon=True).start()

    def note(
        self,
        view: View,
        decision: Decision,
        *,
        at: float,
        monitors: dict[str, Any],
        outcome: str = "",
        cluster_block: str = "",
        troubles: Sequence[str] = (),
    ) -> None:
        """One round. It enters the history when something is other than in the round before.

        `cluster_block`: "good", what is wrong with it, or nothing when that is not known. `troubles`: sentences.
        """
        score = own_score(view, decision.state)
        entry = Entry(
            at=at,
            monotonic=view.now,
            state=decision.state,
            action=decision.action,
            reason=decision.reason,
            score=score.value,
            outcome=outcome,
            lease=f"{view.lease.state}" + (f" by {view.lease.host_id}" if view.lease.host_id is not None else ""),
            health=view.health,
            vm=view.vm,
        )
        status = msgspec.json.encode(
            {
                "at": at,
                "decision": msgspec.to_builtins(entry),
                "penalties": [asdict(penalty) for penalty in score.penalties],
                "peers": [_peer(view, number) for number in range(len(view.peers))],
                "global_maintenance": view.global_maintenance,
                "local_maintenance": view.local_maintenance,
                "storage": {part: getattr(view.storage, part) for part in ("readable", "writable", "full")},
                "cluster_block": cluster_block,
                "monitors": monitors,
                "troubles": list(troubles),
            }
        )
        kind = (entry.state, entry.action, entry.outcome, entry.lease, entry.health, entry.vm, _plain(entry.reason))
        line = msgspec.json.encode(entry) + b"\n" if kind != self._last else b""
        if line:
            log.info(
                "%s%s: %s",
                decision.state,
                f" ({decision.action})" if decision.action != "none" else "",
                decision.reason,
            )
        self._last = kind
        self._due.put((status, line))

    def _write(self) -> None:
        trim(self._history)
        while True:
            status, line = self._due.get()
            try:
                if line:
                    with self._history.open("ab") as file:
                        file.write(line)
                beside = self._status.with_suffix(".part")
                beside.write_bytes(status)
                beside.replace(self._status)
            except OSError as err:
                log.warning("cannot write down what was decided: %s", err)


def read_history(path: Path) -> list[Entry]:
    """The oldest first; a line torn by a power cut is left out."""
    entries = []
    for line in (read_or_none(path) or b"").splitlines():
        try:
            entries.append(msgspec.json.decode(line, type=Entry))
        except msgspec.MsgspecError:
            continue
    return entries


def trim(path: Path) -> None:
    """Keep the last lines of a file that has grown long."""
    lines = (read_or_none(path) or b"").splitlines(keepends=True)
    if len(lines) > MOST_LINES:
        path.write_bytes(b"".join(lines[-MOST_LINES // 2 :]))


def _plain(reason: str) -> str:
    """Without its figures: that another second has passed is no news."""
    return "".join(character for character in reason if not character.isdigit())


def _peer(view: View, number: int) -> dict[str, Any]:
    peer = view.peers[number]
    block = peer.block
    said = msgspec.to_builtins(block) if isinstance(block, HostBlock) else {"bad": str(block)}
    silent_s = round(unseen_for_s(view, peer), 1)
    observed = {"host_id": peer.host_id, "silent_s": silent_s, "answers": peer.answers, "fencing": str(peer.fencing)}
    return observed | {"block": said}
