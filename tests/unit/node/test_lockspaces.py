"""Lockspaces that are joined and left, and leases in them."""

import errno
import os
from pathlib import Path

import pytest

from node.api.messages.leases import LockspaceRequest
from node.api.refusals import LockspaceDiffers, LockspaceUnknown, Malformed, NotMounted
from node.storage.causes import cause, describe_errno
from node.storage.sanlock import SanlockFailed, parse_leader, reason
from node.vms.domain_facts import DomainFacts, LeaseFact
from tests.unit.node.storage_world import DATA, DATA_FOLDER, LEASE, SPACE, World
from tests.unit.node.storage_world import world as world


async def test_a_lockspace_is_joined_once_under_one_number(world: World) -> None:
    leases = await world.joined()
    assert (await leases.join_lockspace(SPACE)).joined
    with pytest.raises(LockspaceDiffers, match="host 2"):
        await leases.join_lockspace(LockspaceRequest(name="trivet", storage_domain="data", host_id=3))
    with pytest.raises(Malformed):
        await leases.join_lockspace(LockspaceRequest(name="other", storage_domain="data", host_id=0))


async def test_a_lockspace_is_left_for_good_and_can_be_joined_again(world: World) -> None:
    leases = await world.joined()
    for _ in range(2):
        await leases.leave_lockspace("trivet")
    assert world.sanlock.joined == {}
    await world.reconcile()
    assert await leases.lockspaces() == ()
    assert (await leases.join_lockspace(SPACE)).joined


async def test_a_lockspace_whose_leaving_fails_is_desired_still(world: World) -> None:
    leases = await world.joined()
    world.sanlock.broken = "Device or resource busy"
    with pytest.raises(SanlockFailed, match="busy"):
        await leases.leave_lockspace("trivet")
    world.sanlock.broken = ""
    assert [one.joined for one in await leases.lockspaces()] == [True]


async def test_a_lockspace_on_no_volume_is_refused_and_not_desired(world: World) -> None:
    with pytest.raises(NotMounted):
        await world.leases.join_lockspace(SPACE)
    assert world.desired.lockspaces == {}


async def test_a_join_that_fails_says_why(world: World) -> None:
    await world.mounts.mount(DATA)
    world.sanlock.broken = "No space left"
    with pytest.raises(SanlockFailed, match="No space left"):
        await world.leases.join_lockspace(SPACE)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            (28, "Sanlock write", "No space left on device"),
            "the volume is full (No space left on device) (sanlock says: ",
        ),
        ((-107, "Sanlock read"), "the volume reaches too few of its bricks"),
        ((-202, "Sanlock add"), "the volume did not answer within sanlock's I/O timeout (error 202)"),
        (("odd",), "odd"),
        ((), ""),
    ],
)
def test_what_sanlock_s_numbers_mean(args: tuple[object, ...], message: str) -> None:
    assert reason(*args).startswith(message)


@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_every_error_number_shows_the_system_s_description(number: int) -> None:
    assert os.strerror(number) in describe_errno(number)
    assert cause(OSError(number, os.strerror(number), "/a/file")).endswith(": /a/file")


async def test_a_lockspace_that_cannot_be_joined_names_the_real_cause(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.mounts.mount(DATA)

    def full(_path: Path, *_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/v/leases")

    monkeypatch.setattr("node.storage.leases.make_once", full)
    with pytest.raises(SanlockFailed, match=r"the volume is full \(No space left on device\): /v/leases"):
        await world.leases.join_lockspace(SPACE)


async def test_a_lockspace_has_to_be_joined_where_it_is_needed(world: World) -> None:
    with pytest.raises(LockspaceUnknown):
        await world.leases.need_joined("trivet")
    await world.joined()
    await world.leases.need_joined("trivet")
    world.sanlock.joined.clear()
    with pytest.raises(LockspaceUnknown):
        await world.leases.need_joined("trivet")


async def test_a_lease_is_made_once_and_its_holder_known(world: World) -> None:
    leases = await world.joined()
    path = world.volumes / "data" / "leases" / "trivet" / "engine.lease"
    assert not (await leases.lease("data", "trivet", "engine")).exists
    assert (await leases.make_lease(LEASE)).holder is None
    world.sanlock.take(path, 3)
    assert (await leases.make_lease(LEASE)).holder == 3
    facts = DomainFacts("id", "vm", (), (), (LeaseFact("trivet", "engine", str(path)),))
    assert await leases.held_elsewhere(facts) == ("engine", 3)
    world.sanlock.take(path, 2)
    assert await leases.held_elsewhere(facts) is None


async def test_who_took_a_lease_last_is_known_also_when_it_is_free(world: World) -> None:
    leases = await world.joined()
    await leases.make_lease(LEASE)
    path = world.volumes / "data" / "leases" / "trivet" / "engine.lease"
    facts = DomainFacts("id", "vm", (), (), (LeaseFact("trivet", "engine", str(path)),))
    assert await leases.taken_elsewhere(facts) is None
    for host_id, taken in ((2, None), (3, ("engine", 3)), (2, None)):
        world.sanlock.take(path, host_id)
        world.sanlock.give_back(path)
        assert await leases.taken_elsewhere(facts) == taken
    world.sanlock.broken = "Input/output error"
    with pytest.raises((SanlockFailed, LockspaceUnknown)):
        await leases.taken_elsewhere(facts)


def test_what_sanlock_says_of_a_lease_names_who_took_it_last() -> None:
    said = (DATA_FOLDER / "sanlock" / "read_leader_of_a_lease.txt").read_text()
    assert parse_leader(said)["owner_id"] == "1"
    for nothing in ("", (DATA_FOLDER / "sanlock" / "read_leader_of_no_file.txt").read_text()):
        with pytest.raises(SanlockFailed):
            parse_leader(nothing)


async def test_a_lease_needs_its_lockspace_and_a_name_that_sanlock_can_hold(world: World) -> None:
    await world.mounts.mount(DATA)
    with pytest.raises(LockspaceUnknown):
        await world.leases.make_lease(LEASE)
    with pytest.raises(Malformed):
        await world.leases.lease("data", "trivet", "x" * 49)
