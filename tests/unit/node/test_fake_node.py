"""FakeNode keeps the contract, and its knobs do what they say."""

import pytest

from node.api.messages.gluster import VolumeRequest
from node.api.messages.identity import Claim
from node.api.messages.leases import LeaseRequest, LockspaceRequest
from node.api.messages.mounts import MountRequest, MountSpec
from node.api.messages.network import NetworkRequest
from node.api.messages.vms import DownReason, VmLease, VmSpec, VmState
from node.api.problems import NodeNonResponsive, RemoteFailed, RemoteRefused
from node.system.process import CommandFailed
from tests.fakes.node.fake import FakeNode
from tests.fakes.node.network import FakeCable
from tests.fakes.node.site import FakeSite
from tests.node_contract.contract import NodeContract

VOLUME = VolumeRequest(name="data", replica=1, bricks=("node1:/bricks/data",))
DATA = MountSpec(kind="glusterfs", source="node1:/data")
VM = VmSpec(id="11111111-1111-4111-8111-111111111111", name="one", memory_bytes=1 << 26)
LEASED = VmSpec(
    id="22222222-2222-4222-8222-222222222222",
    name="leased",
    memory_bytes=1 << 26,
    leases=(VmLease(lockspace="site", resource="engine", storage_domain=NodeContract.domain),),
)


async def ready(name: str, site: FakeSite, host_id: int) -> FakeNode:
    node = FakeNode(name, site=site)
    await node.claim(Claim(certificate_pem="c", authority_pem="a"))
    await node.make_volume(VOLUME)
    await node.mount(MountRequest(storage_domain=NodeContract.domain, spec=DATA))
    await node.join_lockspace(LockspaceRequest(name="site", storage_domain=NodeContract.domain, host_id=host_id))
    return node


class TestFakeNodeKeepsTheContract(NodeContract):
    @pytest.fixture
    async def node(self) -> FakeNode:
        return await ready("node1", FakeSite(), 1)

    @pytest.fixture
    def cable(self, node: FakeNode) -> FakeCable:
        return FakeCable(node.change_link, node.lose_link)


async def test_a_lease_held_elsewhere_refuses_the_start() -> None:
    site = FakeSite()
    one, two = await ready("node1", site, 1), await ready("node2", site, 2)
    await one.make_lease(LeaseRequest(lockspace="site", resource="engine", storage_domain=NodeContract.domain))
    await one.start_vm(LEASED)
    with pytest.raises(RemoteRefused, match="held by host 1"):
        await two.start_vm(LEASED)
    one.lose_power()
    assert (await two.start_vm(LEASED)).state is VmState.UP


async def test_a_silent_node_answers_nothing_and_ends_its_streams() -> None:
    node = await ready("node1", FakeSite(), 1)
    events = node.events()
    await anext(events)
    node.stop_answering()
    with pytest.raises(NodeNonResponsive):
        await anext(events)
    with pytest.raises(NodeNonResponsive):
        await node.vms()
    node.speak_again()
    assert await node.vms() == ()


async def test_failures_come_as_from_a_client_and_only_as_often_as_asked() -> None:
    node = await ready("node1", FakeSite(), 1)
    node.fail("start_vm", CommandFailed(["virsh"], "broken"))
    with pytest.raises(RemoteFailed, match="broken"):
        await node.start_vm(VM)
    assert await node.vm(VM.id) is None
    node.lose_answer("start_vm")
    with pytest.raises(NodeNonResponsive):
        await node.start_vm(VM)
    assert await node.vm(VM.id) is not None


async def test_power_loss_leaves_the_vms_lost_and_a_new_boot() -> None:
    node = await ready("node1", FakeSite(), 1)
    await node.start_vm(VM)
    before = (await node.statistics()).boot_id
    node.lose_power()
    node.start()
    (vm,) = await node.vms()
    assert (vm.state, vm.reason) == (VmState.DOWN, DownReason.LOST)
    assert (await node.statistics()).boot_id != before


async def test_an_unconfirmed_network_goes_back() -> None:
    node = FakeNode()
    before = await node.network()
    change = await node.change_network(NetworkRequest(document={"interfaces": [{"name": "ovirtmgmt"}]}))
    assert change.changed
    node.end_checkpoint()
    assert await node.network() == before
    with pytest.raises(RemoteRefused, match="went back"):
        await node.confirm_network(change.checkpoint)
