"""What whoever asks for a change is told before it; pure."""

from dataclasses import dataclass

from netconf.model import NetworkState
from netconf.planning.cautions import cautions
from netconf.planning.completion import complete
from netconf.planning.plan import Step, plan
from netconf.planning.promises import check_promises
from netconf.planning.unsaid import check_unsaid


@dataclass(frozen=True, slots=True)
class Preview:
    """`steps` are what the change does, `warnings` what may become of it."""

    steps: tuple[Step, ...] = ()
    warnings: tuple[str, ...] = ()


def preview(desired: NetworkState, observed: NetworkState) -> Preview:
    """Raises Refused, also for what nothing speaks against but that it cannot come true, or takes away what the desired
    state does not speak of. What was confirmed before is not asked for again: netconf.planning.plan is enough for
    that."""
    steps = plan(desired, observed)
    if not steps:
        return Preview()
    completed = complete(desired, observed)
    check_unsaid(completed, observed)
    check_promises(completed, observed)
    return Preview(steps, cautions(completed, observed))
