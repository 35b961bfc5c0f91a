"""The last run of each VM, on the node's own disk: libvirt forgets a VM that has ended, and the agent may be away."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from node.api.messages.vms import DownReason, VmState
from node.system.files import read_or_none, sync_folder, write_durable
from node.vms.ends import End, why_down

RETENTION_S = 7 * 86400.0  # how long an end can be asked for; an engine that was away for longer takes the VM for lost


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """`since` is when `state` began; `reason` and `detail` say why a VM is down. `domain` is its name in libvirt."""

    state: VmState
    reason: DownReason = DownReason.NONE
    detail: str = ""
    since: float
    name: str = ""
    domain: str = ""


def next_run(last: Run | None, observed: Run) -> Run:
    """What is known of a VM after `observed`: the state that it has already began earlier; pure."""
    if last is None or (last.state, last.reason, last.detail) != (observed.state, observed.reason, observed.detail):
        return observed
    return msgspec.structs.replace(observed, since=last.since)


def ended_run(last: Run, end: End | None, now: float) -> Run:
    """What is known of a VM that was `last` seen alive here and is gone; pure."""
    reason, detail = why_down(end)
    if last.state is VmState.STARTING:  # the log tells of an earlier run
        reason, detail = DownReason.FAILED, "the agent of its host ended while it was started"
    return msgspec.structs.replace(last, state=VmState.DOWN, reason=reason, detail=detail, since=now)


class Runs:
    """A file for each VM in `folder`, written only when something changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, Run] = {}
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for file in folder.glob("*.json"):
            if content := read_or_none(file):
                self._known[file.stem] = msgspec.json.decode(content, type=Run)

    def all(self) -> dict[str, Run]:
        """By VM."""
        return dict(self._known)

    def last(self, vm_id: str) -> Run | None:
        return self._known.get(vm_id)

    def note(self, vm_id: str, observed: Run) -> Run:
        last = self.last(vm_id)
        run = next_run(last, observed)
        if last == run:
            return last
        write_durable(self._file(vm_id), msgspec.json.encode(run))
        self._known[vm_id] = run
        return run

    def forget(self, vm_id: str) -> None:
        self._known.pop(vm_id, None)
        self._file(vm_id).unlink(missing_ok=True)
        sync_folder(self._folder)

    def ended_before(self, at: float) -> Sequence[str]:
        """The VMs that are down since then or longer."""
        return [vm_id for vm_id, run in self._known.items() if run.state is VmState.DOWN and run.since < at]

    def _file(self, vm_id: str) -> Path:
        return self._folder / f"{vm_id}.json"
