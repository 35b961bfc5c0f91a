"""The lease by which a host owns its number in the lockspace, and how a host that is proven off is given another life.

sanlock gives the lease of an owner that has joined its lockspace again since: only a host that was gone joins anew,
with a generation that is one higher. For a host whose power is cut its fencer does the same: `sanlock direct
acquire_id` with the host's own name, sanlock's "fast reacquire". DECISIONS.md says why this and not another way.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from node.api.problems import Failed
from node.storage.sanlock import SanlockFailed, parse_leader
from node.system.process import CommandFailed, Run

READ_S, WRITE_S = 10.0, 60.0
SEEN_S, LOOK_S = 10.0, 0.1


@dataclass(frozen=True, slots=True)
class HostId:
    """`generation`: how often the host has joined. `timestamp`: its last renewal, 0 when it has left."""

    generation: int
    timestamp: int
    owner: str


class HostIdUnreadable(Failed):
    what = "The host id {host_id} of lockspace {lockspace} was not read"
    why = "{reason}"
    mend = "Nothing: without it the lease is waited for"


class StillRenews(Failed):
    what = "Host {host_id} was not given another life"
    why = "it renewed its host id after its fence device had said that its power is off"
    mend = "See whether that device belongs to it (trivet ha fence show): it is not used again until it is set anew"


class NotFreed(Failed):
    what = "Host {host_id} was not given another life"
    why = "{reason}"
    mend = "Nothing: the lease is waited for"


def parse_host_id(text: str) -> HostId:
    """What `sanlock direct read_leader` says. Raises ValueError, SanlockFailed."""
    words = parse_leader(text)
    try:
        return HostId(int(words["owner_generation"]), int(words["timestamp"]), words["resource_name"])
    except KeyError as err:
        raise ValueError(f"sanlock names no {err}") from err


class HostIdLeases:
    """Of one lockspace, `path` on the mounted volume. Every call blocks."""

    def __init__(self, lockspace: str, path: str, run: Run, sleep: Callable[[float], None] = time.sleep) -> None:
        self._lockspace, self._path, self._run, self._sleep = lockspace, path, run, sleep
        self._beside = ThreadPoolExecutor(2, thread_name_prefix="host id")

    def read(self, host_id: int) -> HostId:
        """Raises HostIdUnreadable."""
        try:
            return parse_host_id(
                self._run("sanlock", "direct", "read_leader", "-s", self._of(host_id), timeout_s=READ_S)
            )
        except (CommandFailed, ValueError, SanlockFailed) as err:
            raise HostIdUnreadable(host_id=host_id, lockspace=self._lockspace, reason=str(err)) from err

    def begin_another_life(self, host_id: int, then: HostId) -> None:
        """Of a host that was confirmed off when its id was `then`; whatever it owned is over when this returns.

        One that has another life already needs none. sanlock writes at once and looks again two io timeouts later; for
        that nobody waits. Raises StillRenews, NotFreed, HostIdUnreadable.
        """
        now = self.read(host_id)
        if now.generation > then.generation or now.timestamp == 0:
            return
        if now != then:
            raise StillRenews(host_id=host_id)
        writing = self._beside.submit(self._write, host_id, then.owner)
        for _ in range(int(SEEN_S / LOOK_S)):
            if self.read(host_id).generation > then.generation:
                return
            if writing.done() and (err := writing.exception()) is not None:
                raise NotFreed(host_id=host_id, reason=str(err))
            self._sleep(LOOK_S)
        raise NotFreed(host_id=host_id, reason=f"nothing was written within {SEEN_S:.0f} s")

    def _write(self, host_id: int, owner: str) -> None:
        self._run("sanlock", "direct", "acquire_id", "-s", self._of(host_id), "-e", owner, timeout_s=WRITE_S)

    def _of(self, host_id: int) -> str:
        return f"{self._lockspace}:{host_id}:{self._path}:0"
