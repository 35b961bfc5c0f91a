"""What a node does for its site: Gluster, leases, the files that keep the engine alive."""

import asyncio
import hashlib
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

import msgspec
import pytest

from node.api.contract import NodeApi
from node.api.messages.events import Event
from node.api.messages.gluster import BrickRemoval, BrickRequest, PeerRequest
from node.api.messages.ha import EngineVmEdit, MaintenanceRequest, SiteFilesRequest, SiteNode, SiteNodes
from node.api.messages.images import (
    ImageFormat,
    ImageRequest,
)
from node.api.messages.leases import LeaseTimersRequest
from node.api.problems import RemoteRefused
from tests.node_contract.base import MIB, ContractBase


class SiteContract(ContractBase):
    async def test_the_state_of_the_storage_comes_with_what_the_node_says_of_itself(self, node: NodeApi) -> None:
        state = (await node.gluster_state()).report.state
        own, volume = (await node.identity()).name, state.volume(self.volume)
        assert state.answered
        assert volume is not None
        brick = next(brick for brick in volume.bricks if brick.where.server == own)
        folder = (await node.gluster_facts()).folders[brick.where.path]
        assert folder.is_marked
        assert folder.volume_id == volume.id
        assert brick.folder == folder

    async def test_a_brick_of_a_volume_is_not_cleared(self, node: NodeApi) -> None:
        own = (await node.identity()).name
        volume = next(one for one in (await node.gluster()).volumes if one.name == self.volume)
        path = next(brick.path for brick in volume.bricks if brick.server == own)
        with pytest.raises(RemoteRefused) as refused:
            await node.clear_brick(BrickRequest(path=path))
        assert refused.value.text.code == "BrickHasData"

    async def test_a_server_that_answers_is_not_given_up(self, node: NodeApi) -> None:
        await node.give_up_server(PeerRequest(hostname="nobody"))
        for peer in (await node.gluster()).peers:
            with pytest.raises(RemoteRefused) as refused:
                await node.give_up_server(PeerRequest(hostname=peer.hostname))
            assert refused.value.text.code == "ServerAnswers"

    async def test_a_folder_that_is_no_brick_needs_no_clearing(self, node: NodeApi) -> None:
        for _ in range(2):
            await node.clear_brick(BrickRequest(path="/nowhere/brick"))
        with pytest.raises(RemoteRefused) as refused:
            await node.clear_brick(BrickRequest(path="nowhere"))
        assert refused.value.text.code == "Malformed"

    async def test_a_brick_of_a_volume_is_not_removed(self, node: NodeApi) -> None:
        own = (await node.identity()).name
        volume = next(one for one in (await node.gluster()).volumes if one.name == self.volume)
        path = next(brick.path for brick in volume.bricks if brick.server == own)
        with pytest.raises(RemoteRefused) as refused:
            await node.remove_brick(BrickRemoval(path=path, volume_id=volume.id))
        assert refused.value.text.code == "BrickInUse"
        await node.remove_brick(BrickRemoval(path=path, volume_id=str(uuid.uuid4())))  # not a brick of that volume
        await node.make_image(image := self.new_image(), ImageRequest(format=ImageFormat.RAW, size_bytes=MIB))
        await node.remove_image(image)

    async def test_what_is_not_there_is_removed_all_the_same(self, node: NodeApi) -> None:
        await node.remove_volume("nothing")
        await node.remove_peer("nobody")
        await node.leave_lockspace("nowhere")
        await node.remove_brick(BrickRemoval(path="/nowhere/brick", volume_id=str(uuid.uuid4())))

    async def test_timers_of_leases_that_are_so_already_are_left_in_peace(self, node: NodeApi) -> None:
        now = await node.lease_timers()
        assert self.lockspace in now.io_timeouts_s
        request = LeaseTimersRequest(
            watchdog_fire_timeout_s=now.watchdog_fire_timeout_s, io_timeouts_s=now.io_timeouts_s
        )
        assert await node.set_lease_timers(request) == now
        with pytest.raises(RemoteRefused) as refused:
            await node.set_lease_timers(LeaseTimersRequest(watchdog_fire_timeout_s=1, io_timeouts_s={}))
        assert refused.value.text.code == "Malformed"
        assert await node.lease_timers() == now

    async def test_files_of_the_site_are_written_on_its_volume(self, node: NodeApi) -> None:
        files = {"contract.json": "{}", "contract-2.json": "[1]"}
        for _ in range(2):
            report = await node.write_site_files(self.domain, SiteFilesRequest(files=files))
            assert report.digests.items() >= {
                ("contract.json", hashlib.sha256(b"{}").hexdigest()),
                ("contract-2.json", hashlib.sha256(b"[1]").hexdigest()),
            }
        assert await node.site_files(self.domain) == report
        with pytest.raises(RemoteRefused):
            await node.write_site_files(self.domain, SiteFilesRequest(files={"../x": ""}))
        with pytest.raises(RemoteRefused):
            await node.site_files("not-mounted")

    async def test_the_nodes_of_the_site_are_changed_and_nothing_else(self, node: NodeApi) -> None:
        await node.write_site_files(self.domain, SiteFilesRequest(files={"site.json": '{"name": "x", "nodes": []}'}))
        nodes = SiteNodes(nodes=(SiteNode(name="node9", address="192.0.2.19", host_id=9),))
        for _ in range(2):
            assert await node.set_site_nodes(self.domain, nodes) == nodes
        assert await node.site_nodes(self.domain) == nodes
        with pytest.raises(RemoteRefused):
            await node.site_nodes("not-mounted")

    async def test_memory_and_processors_of_the_engine_vm_are_edited_and_nothing_else(self, node: NodeApi) -> None:
        spec = self.new_vm()
        text = msgspec.json.encode(spec).decode()
        await node.write_site_files(self.domain, SiteFilesRequest(files={"engine-vm.json": text}))
        edit = EngineVmEdit(edit=str(uuid.uuid4()), memory_bytes=2 << 30, sockets=1, cores=2, threads=1)
        for _ in range(2):
            for report in (await node.edit_engine_vm(self.domain, edit), await node.engine_vm(self.domain)):
                wanted = report.wanted
                assert (wanted.id, wanted.name, wanted.disks, wanted.leases) == (
                    spec.id,
                    spec.name,
                    spec.disks,
                    spec.leases,
                )
                assert (wanted.memory_bytes, wanted.cores, wanted.edit) == (2 << 30, 2, edit.edit)
                assert (report.good, report.tried) == (None, None)
        with pytest.raises(RemoteRefused):
            await node.edit_engine_vm(self.domain, msgspec.structs.replace(edit, cores=0))
        with pytest.raises(RemoteRefused):
            await node.engine_vm("not-mounted")
        with pytest.raises(RemoteRefused):
            await node.edit_engine_vm("not-mounted", edit)

    async def test_the_keeper_of_the_engine_runs_until_it_is_released(self, node: NodeApi) -> None:
        for _ in range(2):
            for report in (await node.undeploy_hosted_engine(), await node.ha()):
                assert (report.configured, report.active) == (False, False)
        for _ in range(2):
            for report in (await node.deploy_hosted_engine(), await node.ha()):
                assert (report.configured, report.active) == (True, True)

    async def test_a_maintenance_holds_until_it_is_ended_and_is_told(self, node: NodeApi) -> None:
        for reason in ("a new disk", "two new disks"):
            for report in (await node.begin_maintenance(MaintenanceRequest(reason=reason)), await node.ha()):
                assert (report.maintenance, report.reason) == (True, reason)
        said = (await _hello(node)).ha
        assert said is not None
        assert (said.maintenance, said.reason) == (True, "two new disks")
        for _ in range(2):
            for report in (await node.end_maintenance(), await node.ha()):
                assert (report.maintenance, report.reason) == (False, "")
        assert report.at >= said.at


async def _hello(node: NodeApi) -> Event:
    """A node that has just begun may not have looked at its network yet."""
    for _ in range(50):
        async with aclosing(cast(AsyncGenerator[Event, None], node.events())) as events:
            hello = await anext(events)
        if hello.network is not None:
            break
        await asyncio.sleep(0.1)
    return hello
