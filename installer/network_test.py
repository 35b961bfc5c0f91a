"""Brings the chosen network up on the medium and tries what the node will need of it, saying what came of each."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from typing import Any

from installer.answers import Ip, NetworkAnswers
from installer.environment import Check, CheckState
from installer.network_plan import choose_nics, layout_of
from installer.reasons import DoesNotFit
from installer.sysinfo import SysInfo
from netconf.errors import Failed
from netconf.facade import Network
from netconf.kernel.gateways import Gateway, gateways
from netconf.model import Interface, NetworkState
from netconf.planning.completion import CABLES
from netconf.proofs.duplicates import owners
from netconf.proofs.gateway import GatewayAnswers
from netconf.proofs.name_servers import asks
from netconf.screens.layout import Ip as LayoutIp
from netconf.screens.layout import Layout, document
from netconf.screens.observed import layout_of as observed_layout

CONFIRM_WITHIN_S = 60
_LINK_S, _DHCP_S, _GATEWAY_S, _AGAIN_S = 8, 25, 6, 0.5
Report = Callable[[Check], None]


@dataclass(frozen=True, slots=True)
class Probes:
    """What is asked of the wires; `why_not_gateway` gives None when all gateways answer."""

    owners: Callable[[str, IPv4Address], Awaitable[tuple[str, ...]]] = owners
    gateways: Callable[[], tuple[Gateway, ...]] = gateways
    why_not_gateway: Callable[[tuple[Gateway, ...]], Awaitable[str | None]] = lambda found: GatewayAnswers(
        gateways=lambda: found
    ).why_not()
    asks: Callable[[str], Awaitable[bool]] = asks
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


async def run_network_test(
    network: Network, answers: NetworkAnswers, sysinfo: SysInfo, report: Report, probes: Probes | None = None
) -> None:
    """Nothing of it goes onto a disk. Raises DoesNotFit, and what netconf raises when the network cannot be made."""
    nics, reasons = choose_nics(answers, sysinfo)
    if reasons:
        raise DoesNotFit(reasons)
    layout = layout_of(answers, nics)
    await _NetworkTest(network, answers, layout, report, probes or Probes()).run()


class _NetworkTest:
    def __init__(
        self, network: Network, answers: NetworkAnswers, layout: Layout, report: Report, probes: Probes
    ) -> None:
        self._network, self._answers, self._layout, self._report = network, answers, layout, report
        self._probes = probes

    async def run(self) -> None:
        """First the links alone, so that a static address is asked for before it is used."""
        await self._bring_up(replace(self._layout, ipv4=LayoutIp.OFF, ipv6=LayoutIp.OFF, dns="", search=""))
        if not await self._links() or not await self._address_is_free():
            return
        await self._bring_up(self._layout)
        if await self._addresses():
            await self._gateway()
            await self._name_servers()

    @property
    def _top(self) -> str:
        return str(_interfaces(document(self._layout))[0]["name"])

    def _report_check(self, is_good: bool, description: str) -> None:
        self._report(Check(CheckState.GOOD if is_good else CheckState.BAD, description))

    async def _bring_up(self, layout: Layout) -> None:
        """In the place of what is there, also of what an earlier test has made."""
        state = await self._network.observe()
        there = observed_layout(state)
        wanted = replace(layout, before=there.before, bond_name=there.bond_name)
        self._layout = replace(self._layout, bond_name=there.bond_name)
        change = await self._network.change(_with_others_off(wanted, state), confirm_within_s=CONFIRM_WITHIN_S)
        if change.checkpoint is not None:
            await self._network.confirm(change.checkpoint)

    async def _links(self) -> bool:
        """One that has a link is enough to go on with."""
        up = await self._until(_LINK_S, lambda state: all(_has_link(state, nic) for nic in self._layout.nics))
        for nic in self._layout.nics:
            good = _has_link(up, nic)
            self._report_check(
                good, f"{nic} has a link" if good else f"{nic} has no link: its cable, or what it leads to"
            )
        return any(_has_link(up, nic) for nic in self._layout.nics)

    async def _address_is_free(self) -> bool:
        if self._answers.ipv4 is not Ip.STATIC or self._answers.address is None:
            return True
        address = self._answers.address.ip
        try:
            found = await self._probes.owners(self._top, address)
        except Failed as err:
            self._report(Check(CheckState.UNKNOWN, f"{err.text.what}: {err.text.why}"))
            return True
        if found:
            whose = f"{address} belongs to another machine already: {', '.join(found)} answers"
            self._report(Check(CheckState.BAD, whose, is_conflict=True))
        else:
            self._report_check(True, f"No other machine has {address}")
        return not found

    async def _addresses(self) -> bool:
        """Those that others give; static ones are there when the change is."""
        if self._answers.ipv4 is not Ip.DHCP:
            return True
        state = await self._until(_DHCP_S, lambda state: bool(_ipv4(state, self._top)))
        found = _ipv4(state, self._top)
        self._report_check(
            bool(found),
            f"DHCP gave {', '.join(found)}" if found else f"No DHCP server has answered on {self._top} in {_DHCP_S} s",
        )
        return bool(found)

    async def _gateway(self) -> None:
        found = tuple(one for one in await asyncio.to_thread(self._probes.gateways) if one.interface == self._top)
        if not found:
            self._report(Check(CheckState.UNKNOWN, "There is no gateway: other networks cannot be reached"))
            return
        why = await self._probes.why_not_gateway(found)
        for _ in range(int(_GATEWAY_S / _AGAIN_S)):
            if why is None:
                break
            await self._probes.sleep(_AGAIN_S)
            why = await self._probes.why_not_gateway(found)
        self._report_check(why is None, why or f"The gateway {', '.join(one.address for one in found)} answers")

    async def _name_servers(self) -> None:
        servers = await self._network.name_servers()
        if not servers:
            self._report(Check(CheckState.UNKNOWN, "No name server is known: names cannot be resolved"))
        for server, answered in zip(servers, await asyncio.gather(*map(self._probes.asks, servers)), strict=True):
            self._report_check(answered, f"The name server {server} {'answers' if answered else 'does not answer'}")

    async def _until(self, within_s: float, condition: Callable[[NetworkState], bool]) -> NetworkState:
        """The network as soon as that holds, or when the time is over."""
        for _ in range(int(within_s / _AGAIN_S)):
            if condition(state := await self._network.observe()):
                return state
            await self._probes.sleep(_AGAIN_S)
        return await self._network.observe()


def _with_others_off(layout: Layout, state: NetworkState) -> dict[str, object]:
    """NetworkManager asks by DHCP on every NIC that nobody has configured: their gateways would answer for ours."""
    wish = document(layout)
    said = {entry["name"] for entry in _interfaces(wish)}
    off = {"ipv4": {"enabled": False}, "ipv6": {"enabled": False}}
    others = [{"name": i.name, **off} for i in _with_addresses(state) if i.name not in said]
    return wish | {"interfaces": [*_interfaces(wish), *others]}


def _with_addresses(state: NetworkState) -> Iterator[Interface]:
    for interface in state.interfaces:
        ips = [ip for ip in (interface.ipv4, interface.ipv6) if ip is not None and ip.enabled]
        if interface.type in CABLES and interface.controller is None and ips:
            yield interface


def _interfaces(document: dict[str, object]) -> list[dict[str, Any]]:
    entries = document["interfaces"]
    assert isinstance(entries, list)
    return entries


def _has_link(state: NetworkState, name: str) -> bool:
    found = state.interface(name)
    return found is not None and bool(found.carrier)


def _ipv4(state: NetworkState, name: str) -> tuple[str, ...]:
    found = state.interface(name)
    return tuple(map(str, found.ipv4.addresses)) if found is not None and found.ipv4 is not None else ()
