"""The steps for a backend that has not made what a wish says, even where the host is already so; pure."""

from netconf.model import NetworkState
from netconf.planning.plan import Step, plan
from netconf.planning.wish import complete


def whole(desired: NetworkState, observed: NetworkState) -> tuple[Step, ...]:
    """The plan, and a step for each interface of the wish that the plan leaves as it is."""
    steps, wish = plan(desired, observed), complete(desired, observed)
    named = {step.name for step in steps}
    about = (*(i.name for i in wish.interfaces), *(route.interface for route in wish.routes or ()))
    kept = tuple(Step(name, f"Keep {name} as it is") for name in dict.fromkeys(about) if name not in named)
    general = "" not in named and (wish.dns is not None or wish.rules is not None)
    return (*steps, *kept, *((Step("", "Keep DNS and rules as they are"),) if general else ()))
