"""How each VM's last run ended, on the node's own disk: libvirt forgets it when it or the machine restarts."""

from pathlib import Path

import msgspec

from node.api.messages.vms import DownReason, VmState
from node.system.files import read_or_none, sync_folder, write_durable


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """`since` is when `state` began; `reason` says why a VM is down."""

    state: VmState
    reason: DownReason = DownReason.NONE
    since: float


def next_run(last: Run | None, state: VmState, reason: DownReason, now: float) -> Run:
    """What is known of a VM after the hypervisor said `state` and `reason`; pure.

    A VM that was seen alive and is down for a reason that nobody remembers was lost, with its machine or with libvirt.
    """
    if state is VmState.DOWN and reason is DownReason.NONE and last is not None:
        reason = last.reason if last.state is VmState.DOWN else DownReason.LOST
    if last is not None and (last.state, last.reason) == (state, reason):
        return last
    return Run(state=state, reason=reason, since=now)


class Runs:
    """A file for each VM in `folder`, written only when something changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, Run | None] = {}
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def last(self, vm_id: str) -> Run | None:
        if vm_id not in self._known:
            content = read_or_none(self._file(vm_id))
            self._known[vm_id] = msgspec.json.decode(content, type=Run) if content else None
        return self._known[vm_id]

    def seen(self, vm_id: str, state: VmState, reason: DownReason, now: float) -> Run:
        run = next_run(self.last(vm_id), state, reason, now)
        if run != self.last(vm_id):
            write_durable(self._file(vm_id), msgspec.json.encode(run))
            self._known[vm_id] = run
        return run

    def forget(self, vm_id: str) -> None:
        self._known.pop(vm_id, None)
        self._file(vm_id).unlink(missing_ok=True)
        sync_folder(self._folder)

    def _file(self, vm_id: str) -> Path:
        return self._folder / f"{vm_id}.json"
