"""Who a node is, its network, and what it tells."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import cast

import pytest

from node.api.contract import NodeApi
from node.api.messages.events import Event, EventKind
from node.api.messages.identity import Leave
from node.api.messages.migration import MigrationReport, MigrationRequest
from node.api.messages.network import LinkReport, NamesRequest, NetworkRequest
from node.api.messages.vms import (
    DownReason,
    VmReport,
    VmState,
)
from node.api.problems import RemoteRefused
from tests.node_contract.base import Cable, ContractBase

_BRIDGE: dict[str, object] = {"interfaces": [{"name": "contract0", "type": "linux-bridge", "state": "up"}]}


class HostContract(ContractBase):
    async def test_identity_says_that_it_is_claimed(self, node: NodeApi) -> None:
        identity = await node.identity()
        assert identity.claimed
        assert len(identity.fingerprint) == 64

    async def test_names_that_were_set_are_known(self, node: NodeApi) -> None:
        request = NamesRequest(names=(await node.names()).names | {"contract.example": "192.0.2.99"})
        before = await node.names()
        await node.set_names(request)
        assert await node.names() == request
        await node.set_names(before)

    @pytest.mark.parametrize("seconds", [-1, 0, 4, 601])
    async def test_a_time_to_confirm_that_is_no_use_is_refused(self, node: NodeApi, seconds: int) -> None:
        with pytest.raises(RemoteRefused) as refused:
            await node.change_network(NetworkRequest(document={}, confirm_within_s=seconds))
        assert (refused.value.text.code, refused.value.text.status) == ("Malformed", 400)

    async def test_a_change_of_the_network_waits_and_is_taken_back(self, node: NodeApi) -> None:
        change = await node.change_network(NetworkRequest(document=_BRIDGE))
        pending = (await node.network()).pending
        assert pending is not None
        assert (pending.checkpoint, pending.descriptions) == (change.checkpoint, change.descriptions)
        assert 0 < pending.left_s <= 50
        for _ in range(2):
            await node.roll_back_network(change.checkpoint)
        assert (await node.network()).pending is None
        with pytest.raises(RemoteRefused) as refused:
            await node.confirm_network(change.checkpoint)
        assert refused.value.text.code == "CheckpointGone"

    async def test_a_change_of_the_network_that_is_kept(self, node: NodeApi) -> None:
        change = await node.change_network(NetworkRequest(document=_BRIDGE))
        for _ in range(2):
            await node.confirm_network(change.checkpoint)
        assert (await node.network()).pending is None
        assert not (await node.change_network(NetworkRequest(document=_BRIDGE))).changed
        with pytest.raises(RemoteRefused) as refused:
            await node.roll_back_network(change.checkpoint)
        assert refused.value.text.code == "CheckpointGone"
        gone: dict[str, object] = {"interfaces": [{"name": "contract0", "type": "linux-bridge", "state": "absent"}]}
        await node.confirm_network((await node.change_network(NetworkRequest(document=gone))).checkpoint)

    async def test_a_node_that_still_has_things_does_not_leave_its_site(self, node: NodeApi) -> None:
        with pytest.raises(RemoteRefused) as refused:
            await node.leave(Leave(claim_code="ABCD-EFGH-JKLM-NPQR"))
        assert refused.value.text.code == "NotBare"
        assert (await node.identity()).claimed

    async def test_statistics_and_capabilities_agree_on_memory(self, node: NodeApi) -> None:
        total = (await node.capabilities()).memory_bytes
        now = await node.statistics()
        assert 0 < now.memory_free_bytes <= total
        assert now.boot_id

    async def test_vms_move_between_the_nodes_that_were_named(self, node: NodeApi) -> None:
        before = await node.migration()
        own = (await node.identity()).name
        try:
            for _ in range(2):
                found = await node.allow_migration(MigrationRequest(members=(own, "contract", own)))
                assert found == await node.migration()
                assert found == MigrationReport(members=tuple(sorted((own, "contract"))), listening=True)
            assert not (await node.allow_migration(MigrationRequest(members=()))).listening
        finally:
            await node.allow_migration(MigrationRequest(members=before.members))
        assert await node.migration() == before

    async def test_events_begin_with_hello_and_tell_of_vms(self, node: NodeApi) -> None:
        spec = self.new_vm()
        async with aclosing(cast(AsyncGenerator[Event, None], node.events())) as events:
            hello = await anext(events)
            assert hello.kind is EventKind.HELLO
            assert spec.id not in {vm.id for vm in hello.vms}
            await node.start_vm(spec)
            assert (await _next_of(events, spec.id)).state is VmState.UP
            await node.destroy_vm(spec.id)
            down = await _next_of(events, spec.id)
            assert (down.state, down.reason) == (VmState.DOWN, DownReason.DESTROYED)
        async with aclosing(cast(AsyncGenerator[Event, None], node.events())) as events:
            assert down in (await anext(events)).vms, "who was away learns how it ended"

    async def test_hello_tells_of_the_links_of_the_node_and_the_network_report_of_the_same(self, node: NodeApi) -> None:
        hello = await _hello(node)
        links = {link.name: link for link in hello.network.links} if hello.network is not None else {}
        nics = [link for link in links.values() if link.kind != "bridge" and link.carrier]
        assert nics
        assert all(link.mac for link in nics)
        assert {link.name for link in nics} <= hello.counters.keys()
        assert not [name for name in links if name.startswith(("lo", "vnet", "tap"))]
        observed = (await node.network()).observed
        interfaces = observed["interfaces"] if observed is not None else []
        assert isinstance(interfaces, list)
        assert {one["name"] for one in interfaces} >= links.keys()

    async def test_a_link_that_comes_loses_its_carrier_and_goes_is_told_of(self, node: NodeApi, cable: Cable) -> None:
        async with aclosing(cast(AsyncGenerator[Event, None], node.events())) as events:
            assert (await anext(events)).kind is EventKind.HELLO
            await cable.plug()
            await _report_of(events, cable.link, carrier=True)
            await cable.pull()
            assert (await _report_of(events, cable.link, carrier=False)).up
            await cable.remove()
            async for event in events:
                if event.network is not None and cable.link in event.network.gone:
                    assert [said.description for said in event.network.events if said.interface == cable.link]
                    break


async def _hello(node: NodeApi) -> Event:
    """A node that has just begun may not have looked at its network yet."""
    for _ in range(50):
        async with aclosing(cast(AsyncGenerator[Event, None], node.events())) as events:
            hello = await anext(events)
        if hello.network is not None:
            break
        await asyncio.sleep(0.1)
    return hello


async def _report_of(events: AsyncIterator[Event], name: str, *, carrier: bool) -> LinkReport:
    async for event in events:
        for link in event.network.links if event.network is not None else ():
            if link.name == name and link.carrier is carrier:
                return link
    raise AssertionError("the stream ended")


async def _next_of(events: AsyncIterator[Event], vm_id: str) -> VmReport:
    """The next report of the VM that is neither on its way up nor on its way down."""
    async for event in events:
        if event.vm is not None and event.vm.id == vm_id and event.vm.state in (VmState.UP, VmState.DOWN):
            return event.vm
    raise AssertionError("the stream ended")
