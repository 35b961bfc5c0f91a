"""What guests were asked to do by themselves and have not done yet; it is shown as the state of their VMs."""

from collections.abc import Callable
from dataclasses import dataclass

from node.api.messages.vms import VmState
from node.clock import Clock


@dataclass(frozen=True, slots=True)
class _Request:
    shown: VmState
    until: float
    rebooted_at: float | None


class GuestRequests:
    """In memory: an agent that starts anew shows the VM as the hypervisor has it. `rebooted_at` is the hypervisor's."""

    def __init__(self, clock: Clock, rebooted_at: Callable[[str], float | None]) -> None:
        self._clock = clock
        self._rebooted_at = rebooted_at
        self._asked: dict[str, _Request] = {}

    def ask(self, vm_id: str, shown: VmState, *, rebooted_at: float | None, within_s: float) -> None:
        """Show it so until it is down, has booted again after `rebooted_at`, or does not within its time."""
        self._asked[vm_id] = _Request(shown, self._clock.monotonic() + within_s, rebooted_at)

    def forget(self, vm_id: str) -> None:
        self._asked.pop(vm_id, None)

    def shown(self, vm_id: str, state: VmState) -> VmState:
        """`state`, or what its guest was asked while it runs on. libvirt reboots by way of a domain that shuts down."""
        asked = self._asked.get(vm_id)
        if asked is None or state not in (VmState.UP, VmState.SHUTTING_DOWN, VmState.DOWN):
            return state
        is_done = state is VmState.DOWN or self._rebooted_at(vm_id) != asked.rebooted_at
        if is_done or self._clock.monotonic() >= asked.until:
            self.forget(vm_id)
            return state
        return asked.shown
