"""What one node does next about the engine VM. Pure: the same view gives the same decision.

Two things are never guessed: who holds the lease, and whether the VM is here. Where either is unknown the node waits.
The lease makes a second engine impossible; everything else here is about having one soon and leaving it in peace.
"""

from hosted_engine.ha.decide_down import decide_down
from hosted_engine.ha.decide_up import decide_up
from hosted_engine.ha.states import Action, State, VmState
from hosted_engine.ha.view import Decision, View


def decide(view: View) -> Decision:
    state = view.memory.state
    if view.global_maintenance:
        return Decision(
            state=State.GLOBAL_MAINTENANCE,
            action=Action.NONE,
            reason="Global maintenance: nothing is started, stopped or moved",
        )
    if view.running is not None:
        return Decision(state=state, action=Action.NONE, reason=f"Waiting for the end of {view.running}")
    if view.vm is VmState.UNKNOWN:
        return Decision(
            state=State.UNKNOWN_LOCAL_VM,
            action=Action.NONE,
            reason="libvirt does not say whether the engine VM is here",
        )
    return decide_down(view) if view.vm is VmState.ABSENT else decide_up(view)
