"""What every backend has to hold for every layout: it is made as wished, a second look finds nothing to do, it goes
back when taken back, stays when confirmed, changes in place, and is taken away again.

The cases are documents; what the kernel really has is asked of `ip` and `bridge`, not of our own observation.
"""

import asyncio
import contextlib
import json
from dataclasses import dataclass, replace
from typing import Any

from netconf.document import parse
from netconf.errors import Problem
from netconf.facade import Network
from netconf.model import Interface, LinkState, LinkType, NetworkState
from tests.integration.netconf.world import (
    NOTHING_BEYOND,
    Ask,
    Event,
    Stream,
    World,
    blocked,
    built,
    command_of,
    passes,
    streaming,
)

_TIMEOUT_S = 300  # an emulated machine on busy cores is slow

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stage:
    """A document, and what is true then: (command, path into its JSON) → value.

    `prepare` are commands before it. The pings of `passes` get through after it, also amid `events`, those of
    `blocked` do not; `streams` go on during the change.
    """

    document: Document
    facts: tuple[tuple[tuple[str, ...], str, object], ...] = ()
    prepare: tuple[str, ...] = ()
    passes: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    streams: tuple[Stream, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """`stages` follow each other in place, `after` takes everything away. `needs` are kernel modules."""

    name: str
    stages: tuple[Stage, ...]
    after: Document
    needs: tuple[str, ...] = ()
    world: World = NOTHING_BEYOND

    @property
    def anywhere(self) -> bool:
        """Whether it runs on any kernel that runs a lab, and so in namespaces."""
        return set(self.needs) <= {"vxlan", "veth"}


async def check_case(network: Network, case: Case, ask: Ask) -> None:
    """Raises AssertionError with what does not hold."""
    async with built(case.world, ask):
        try:
            await _check_case(network, case, ask)
        except (AssertionError, Problem):
            with contextlib.suppress(Problem):  # for the next one
                change = await network.change(case.after)
                if change.checkpoint is not None:
                    await network.confirm(change.checkpoint)
            raise


async def _check_case(network: Network, case: Case, ask: Ask) -> None:
    first = plain(await network.observe())
    earlier: tuple[str, ...] = ()
    for number, stage in enumerate((*case.stages, Stage(case.after))):
        place = f"{case.name}, stage {number + 1}"
        for line in stage.prepare:
            await ask(*command_of(line))
        before = plain(await network.observe())
        async with streaming(stage.streams, ask) as lost:
            change = await network.change(stage.document, confirm_within_s=_TIMEOUT_S)
        assert change.checkpoint is not None, f"{place}: nothing to do"
        assert not lost, f"{place}: {lost}"
        await _check_applied(network, stage, ask, place)
        await _traffic(stage, ask, place)
        await network.roll_back(change.checkpoint)
        await expect_restored(network, before, f"{place}, taken back")
        await _traffic(Stage({}, passes=earlier), ask, f"{place}, taken back")
        change = await network.change(stage.document, confirm_within_s=_TIMEOUT_S)
        assert change.checkpoint is not None
        await network.confirm(change.checkpoint)
        await _check_applied(network, stage, ask, f"{place}, confirmed")
        await _traffic(stage, ask, f"{place}, confirmed")
        earlier = stage.passes
        again = await network.change(stage.document)
        assert not again.changed, f"{place}: the second time there was to do: {again.descriptions}"
    await expect_restored(network, first, f"{case.name}, everything taken away")


async def _check_applied(network: Network, stage: Stage, ask: Ask, place: str) -> None:
    left = await network.plan(parse(stage.document))
    assert left == (), f"{place}: still to do: {[step.description for step in left]}"
    for argv, path, expected in stage.facts:
        found = at(json.loads(await ask(*argv)), path)
        assert found == expected, f"{place}: {' '.join(argv)}: {path} is {found!r}, not {expected!r}"


async def _traffic(stage: Stage, ask: Ask, place: str) -> None:
    for ping in stage.passes:
        assert await passes(ping, ask), f"{place}: nothing comes back from {ping}"
    for ping in stage.blocked:
        assert await blocked(ping, ask), f"{place}: there is an answer to {ping}"
    for event in stage.events:
        await ask(*command_of(event.do))
        for ping in event.passes:
            assert await passes(ping, ask), f"{place}, {event.do}: nothing comes back from {ping}"
        await ask(*command_of(event.undo))


async def expect_restored(network: Network, expected: NetworkState, place: str) -> None:
    """Comes to be: links vanish a moment after they were taken away."""
    found = plain(await network.observe())
    for _ in range(50):
        if found == expected:
            return
        await asyncio.sleep(0.1)
        found = plain(await network.observe())
    differing = [i for i in found.interfaces if i not in expected.interfaces]
    missing = [i for i in expected.interfaces if i not in found.interfaces]
    pairs = ((getattr(found, key), getattr(expected, key)) for key in ("routes", "rules", "dns"))
    rest = [pair for pair in pairs if pair[0] != pair[1]]
    raise AssertionError(f"{place}: it is {differing}, and was {missing}; is and was: {rest}")


def plain(state: NetworkState) -> NetworkState:
    """Without what the kernel makes up: MACs of virtual links, and what a NIC without any wish does by itself."""

    def of(interface: Interface) -> Interface:
        bare = replace(interface, carrier=None, ipv6=None, neighbours=())
        if interface.vf_of is not None:  # another one each time that there are some
            return replace(bare, state=LinkState.UP, mac=None, permanent_mac=None)
        if interface.type is LinkType.VETH:
            return replace(bare, state=LinkState.UP, mac=None)
        if interface.type is LinkType.ETHERNET:
            # NetworkManager takes a NIC down that it let go of; ports of a bond share a MAC.
            return replace(bare, state=LinkState.UP, mac=None if interface.controller else interface.mac)
        return replace(bare, mac=None)

    # NetworkManager changes the metric that it gave an interface when another one comes and goes.
    routes = (replace(route, metric=None) if _is_made_up(route.metric) else route for route in state.routes or ())
    interfaces = tuple(of(i) for i in state.interfaces if i.type is not LinkType.LOOPBACK)
    return replace(state, interfaces=interfaces, routes=tuple(routes))


def _is_made_up(metric: int | None) -> bool:
    """Whether NetworkManager takes such a one when a wish says none: so much for the kind of link, or a bit more."""
    kinds = (100, 300, 400, 425)  # NICs, bonds, VLANs, bridges
    return metric is not None and any(kind <= metric < kind + 20 for kind in kinds)


def at(value: Any, path: str) -> Any:
    """`0.linkinfo.info_data.mode`; None when there is no such place."""
    for key in path.split("."):
        if isinstance(value, list):
            value = value[int(key)] if int(key) < len(value) else None
        else:
            value = value.get(key) if isinstance(value, dict) else None
    return value
