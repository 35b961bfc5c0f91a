"""What whoever asks for a change is told before it; pure."""

from dataclasses import dataclass

from netconf.model import NetworkState
from netconf.planning.cautions import cautions
from netconf.planning.plan import Step, plan
from netconf.planning.promises import check_promises
from netconf.planning.unsaid import check_words
from netconf.planning.wish import complete


@dataclass(frozen=True, slots=True)
class Preview:
    """`steps` are what the change does, `warnings` what may become of it."""

    steps: tuple[Step, ...] = ()
    warnings: tuple[str, ...] = ()


def preview(desired: NetworkState, observed: NetworkState) -> Preview:
    """Raises Refused, also for what nothing speaks against but that it cannot come true, or takes away what the wish
    does not speak of. What was confirmed before is not asked for again: netconf.planning.plan is enough for that."""
    steps = plan(desired, observed)
    if not steps:
        return Preview()
    wish = complete(desired, observed)
    check_words(wish, observed)
    check_promises(wish, observed)
    return Preview(steps, cautions(wish, observed))
