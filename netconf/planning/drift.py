"""How a host has come to differ from what was confirmed, whatever stands in the way of mending it; pure."""

from collections.abc import Iterator
from dataclasses import replace

from netconf.errors import Refused
from netconf.model import NetworkState
from netconf.planning.plan import Step, plan


def drift(confirmed: NetworkState, observed: NetworkState) -> tuple[Step, ...]:
    """What would have to be done to be as confirmed, or why that cannot be done, part by part. Empty when it is so."""
    try:
        return plan(confirmed, observed)
    except Refused:
        return tuple(step for name, part in _parts(confirmed) for step in _step(name, part, observed))


def _parts(confirmed: NetworkState) -> Iterator[tuple[str, NetworkState]]:
    for interface in confirmed.interfaces:
        yield interface.name, NetworkState((interface,))
    for route in confirmed.routes or ():
        yield route.interface, NetworkState(routes=(route,))
    yield "", replace(confirmed, interfaces=(), routes=None)


def _step(name: str, part: NetworkState, observed: NetworkState) -> tuple[Step, ...]:
    try:
        return plan(part, observed)
    except Refused as err:
        return (Step(name, f"{err.text.what}: {err.text.why}"),)
