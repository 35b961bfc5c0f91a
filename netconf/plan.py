"""From wish and observation to ordered changes, each of which says what it does; empty when already so."""

from dataclasses import dataclass

from netconf.model import NetworkState


@dataclass(frozen=True, slots=True)
class Step:
    """One change: to interface `name` (empty for DNS), explained by `says`."""

    name: str
    says: str


def plan(desired: NetworkState, observed: NetworkState) -> tuple[Step, ...]:
    """What has to change so that `observed` fulfils `desired`; pure. Empty when it does already."""
    raise NotImplementedError
