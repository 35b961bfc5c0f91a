"""Starts that are refused, fail or are cut short."""

import msgspec
import pytest

from node.api.messages.vms import DownReason, VmState
from node.api.refusals import (
    LeaseHeld,
    NotMounted,
    NotStartable,
    VmNotPossible,
)
from node.vms.domain_facts import DomainFacts, LeaseFact
from node.vms.lock_errors import lock_error
from node.vms.runs import Run, Runs
from tests.unit.node.vm_world import VM, Cut, World


async def test_a_start_is_refused_before_libvirt_is_asked_when_something_is_missing(world: World) -> None:
    world.missing = NotMounted(storage_domain="data", reason="it is not mounted")
    with pytest.raises(NotMounted):
        await world.vms.start_vm(VM)
    assert world.hypervisor.domains() == []
    assert await world.vms.vms() == ()


async def test_a_failed_start_says_why_now_and_later(world: World) -> None:
    world.hypervisor.refuse_start = "Cannot allocate memory"
    with pytest.raises(NotStartable, match="Cannot allocate memory"):
        await world.vms.start_vm(VM)
    (report,) = await world.agent().vms()
    assert (report.reason, report.detail) == (DownReason.FAILED, "Cannot allocate memory")


async def test_a_lease_that_is_held_elsewhere_is_named_with_its_holder(world: World) -> None:
    world.hypervisor.refuse_start = "resource busy: Lease is held by another host"
    world.lease_holder = ("engine", 3)
    with pytest.raises(LeaseHeld, match="held by host 3"):
        await world.vms.start_vm(VM)


async def test_a_vm_that_cannot_be_made_is_refused_before_libvirt_is_asked(world: World) -> None:
    with pytest.raises(VmNotPossible, match="no time zone 'Europe/Nowhere'"):
        await world.vms.start_vm(msgspec.structs.replace(VM, time_zone="Europe/Nowhere"))
    assert await world.vms.vms() == ()


FACTS = DomainFacts(VM.id, "web", (), (), (LeaseFact("trivet", "engine", "/a/lease"),))


@pytest.mark.parametrize(
    ("reason", "meant"),
    [
        ("No space left on device", "its lease engine was not taken: this node is not in the lockspace trivet"),
        ("Transport endpoint is not connected", "its lease engine was not taken: the volume of the lease reaches"),
        ("Lease is held by another host", "Failed to acquire lock: Lease is held by another host"),
    ],
)
def test_what_libvirt_says_of_leases_is_put_into_true_words(reason: str, meant: str) -> None:
    assert lock_error(f"Failed to acquire lock: {reason}", FACTS).startswith(meant)


def test_a_full_file_system_is_still_called_full() -> None:
    reason = "cannot write data to file: No space left on device"
    assert lock_error(reason, FACTS) == reason


@pytest.mark.parametrize(
    ("before", "after", "state", "reason"),
    [
        ("begun", "", VmState.DOWN, DownReason.FAILED),
        ("", "begun", VmState.UP, DownReason.NONE),
        ("noted", "", VmState.UP, DownReason.NONE),
    ],
    ids=["before libvirt was asked", "after libvirt was asked", "before it was written down"],
)
async def test_an_agent_that_is_killed_while_it_starts_a_vm(
    before: str, after: str, state: VmState, reason: DownReason, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one says what is so, and the same start once more ends with one VM."""
    start, note = world.hypervisor.start, Runs.note

    def cut_start(xml: str, *, paused: bool = False) -> None:
        if before == "begun":
            raise Cut
        start(xml, paused=paused)
        if after == "begun":
            raise Cut

    def cut_note(runs: Runs, vm_id: str, run: Run) -> Run:
        if before == "noted" and run.state is VmState.UP:
            raise Cut
        return note(runs, vm_id, run)

    with monkeypatch.context() as patch:
        patch.setattr(world.hypervisor, "start", cut_start)
        patch.setattr(Runs, "note", cut_note)
        with pytest.raises(Cut):
            await world.vms.start_vm(VM)
    agent = world.agent()
    report = await agent.vm(VM.id)
    assert report is not None
    assert (report.state, report.reason) == (state, reason)
    assert (await agent.start_vm(VM)).state is VmState.UP
    assert len(world.hypervisor.domains()) == 1
