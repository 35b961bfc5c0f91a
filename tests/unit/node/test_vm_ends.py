"""How VMs ended: who is told, and who knows later."""

from pathlib import Path

import msgspec
import pytest

from node.api.messages.vms import DownReason, VmState
from node.vms.domain_xml import console_log
from node.vms.ends import End
from node.vms.runs import RETENTION_S
from node.vms.states import SHUT_OFF
from tests.unit.node.vm_world import VM, World


async def test_a_guest_that_ends_by_itself_is_told(world: World) -> None:
    await world.running()
    world.hypervisor.set(VM.id, SHUT_OFF, 1)
    await world.wait_idle()
    assert world.reported[-1] == (VmState.DOWN, DownReason.SHUTDOWN)


async def test_the_reason_of_an_end_outlives_libvirtd_and_the_agent(world: World) -> None:
    await world.running()
    world.hypervisor.set(VM.id, SHUT_OFF, 3)
    await world.wait_idle()
    world.hypervisor.forget()
    (report,) = await world.agent().vms()
    assert (report.state, report.reason) == (VmState.DOWN, DownReason.CRASHED)


async def test_a_vm_that_was_alive_when_the_power_went_is_lost(world: World) -> None:
    await world.running()
    world.hypervisor.forget()
    await world.wait_idle()
    assert world.reported[-1] == (VmState.DOWN, DownReason.LOST)
    (report,) = await world.agent().vms()
    assert report.reason is DownReason.LOST


@pytest.mark.parametrize(
    ("end", "reason", "detail"),
    [
        (End("shutdown"), DownReason.SHUTDOWN, ""),
        (End("destroyed", signalled=True), DownReason.DESTROYED, ""),
        (End("crashed"), DownReason.CRASHED, ""),
        (End("shutdown", signalled=True), DownReason.CRASHED, "a signal from its host ended its process"),
        (
            End("shutdown", signalled=True, killer="/usr/sbin/sanlock"),
            DownReason.CRASHED,
            "/usr/sbin/sanlock on its host ended its process: the lease of the VM could not be renewed",
        ),
        (None, DownReason.LOST, ""),
    ],
)
async def test_why_a_vm_ended_is_known_to_an_agent_that_was_away(
    end: End | None, reason: DownReason, detail: str, world: World
) -> None:
    await world.running()
    world.hypervisor.forget()
    if end is not None:
        world.hypervisor.ends[VM.id] = end
    agent = world.agent()
    await world.wait_idle()
    assert world.reported[-1] == (VmState.DOWN, reason)
    (report,) = await agent.vms()
    assert (report.name, report.reason, report.detail) == ("my web", reason, detail)
    assert await world.agent().vms() == (report,)


async def test_an_end_is_known_for_a_week_or_until_the_vm_starts_again(world: World) -> None:
    vms = await world.running()
    await vms.destroy_vm(VM.id)
    path = Path(console_log(world.paths, VM.id))
    path.write_text("the end")
    other = msgspec.structs.replace(VM, id="7f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5f60", name="other")
    world.clock.advance(RETENTION_S - 1)
    await vms.start_vm(other)
    assert {vm.id for vm in await vms.vms()} == {VM.id, other.id}
    await vms.destroy_vm(other.id)
    world.clock.advance(2)
    await vms.start_vm(other)
    assert [vm.id for vm in await world.agent().vms()] == [other.id]
    assert not path.exists()


async def test_what_an_earlier_release_defined_is_not_defined_any_more(world: World) -> None:
    """VMs that run go on."""
    await world.running()
    world.hypervisor.definitions = {VM.id, "7f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5f60"}
    agent = world.agent()
    await world.wait_idle()
    assert world.hypervisor.definitions == set()
    assert [vm.state for vm in await agent.vms()] == [VmState.UP]


async def test_an_end_in_the_words_of_an_earlier_release_is_understood(world: World) -> None:
    (world.folder / "runs" / f"{VM.id}.json").write_text('{"state":"down","reason":"crashed","since":5.0}')
    (report,) = await world.agent().vms()
    assert (report.id, report.reason, report.since) == (VM.id, DownReason.CRASHED, 5.0)
