"""What guests were asked to do by themselves and have not done yet; it is shown as the state of their VMs."""

from node.api.messages.vms import VmState


class GuestRequests:
    """In memory: an agent that starts anew shows the VM as the hypervisor has it."""

    def __init__(self) -> None:
        self._asked: dict[str, VmState] = {}

    def ask(self, vm_id: str, shown: VmState) -> None:
        """Show it so until it is down."""
        self._asked[vm_id] = shown

    def forget(self, vm_id: str) -> None:
        self._asked.pop(vm_id, None)

    def shown(self, vm_id: str, state: VmState) -> VmState:
        """`state`, or what its guest was asked while it runs on."""
        if state is VmState.DOWN:
            self.forget(vm_id)
        return self._asked.get(vm_id, state) if state is VmState.UP else state
