"""The steps for a backend that has not made what a desired state says, even where the host is already so; pure."""

from netconf.model import NetworkState
from netconf.planning.completion import complete
from netconf.planning.plan import Step, plan


def plan_all(desired: NetworkState, observed: NetworkState) -> tuple[Step, ...]:
    """The plan, and a step for each interface of the desired state that the plan leaves as it is."""
    steps, completed = plan(desired, observed), complete(desired, observed)
    named = {step.name for step in steps}
    about = (*(i.name for i in completed.interfaces), *(route.interface for route in completed.routes or ()))
    kept = tuple(Step(name, f"Keep {name} as it is") for name in dict.fromkeys(about) if name not in named)
    general = "" not in named and (completed.dns is not None or completed.rules is not None)
    return (*steps, *kept, *((Step("", "Keep DNS and rules as they are"),) if general else ()))
