"""What is over for long is forgotten, and nothing else."""

from dataclasses import replace

import pytest

from hosted_engine.engine.events.emit import emit
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.users.accounts import Account
from hosted_engine.engine.users.model import Session
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.engine.vms.lifecycle import system
from node.api.problems import Failed
from node.steps import StepFailed
from tests.fakes.engine import World
from tests.unit.engine.scenes import done, tiny_vm


async def test_jobs_go_some_time_after_their_end_failed_ones_later() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    for node in world.nodes.values():
        node.fail("start_vm", Failed())
    with pytest.raises(StepFailed):
        await done(world, StartVm(id=vm_id))
    world.now += 599
    world.engine.sweep()
    assert counts(world) == (2, 2)
    world.now += 2
    world.engine.sweep()
    assert counts(world) == (1, 1)
    world.now += 3600
    world.engine.sweep()
    assert counts(world) == (0, 0)


def counts(world: World) -> tuple[int, int]:
    with world.store.transaction() as tx:
        return tx.jobs.count(), tx.tasks.count()


async def test_a_job_that_still_runs_stays_however_old_it_is() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    world.now += 3601
    world.engine.sweep()
    running = await world.engine.perform(StartVm(id=vm_id), world.caller)
    world.now += 86_400
    world.engine.sweep()
    assert counts(world) == (1, 1)
    await running.wait()


def test_old_events_and_sessions_go_with_their_time() -> None:
    world = World()
    session = Session(
        id="a",
        user_id=world.caller.user_id or "",
        scope="",
        created_at=world.now - 60,
        last_used_at=world.now,
        expires_at=world.now + 1,
    )
    with world.store.transaction() as tx:
        tx.sessions.add(session)
        tx.sessions.add(replace(session, id="b", expires_at=world.now - 1))
        emit(tx, system(world.now - 40 * 86_400), EventType.VDC_START)
        emit(tx, system(world.now), EventType.VDC_START)
    world.engine.sweep()
    with world.store.transaction() as tx:
        assert [session.id for session in tx.sessions.list()] == ["a"]
        assert [event.at for event in tx.events.list(name="VDC_START")] == [world.now]


def test_who_has_expired_is_signed_out() -> None:
    world = World()
    session = Session(
        id="a",
        user_id=world.caller.user_id or "",
        scope="",
        created_at=world.now,
        last_used_at=world.now,
        expires_at=2e9,
    )
    for expires_at, left in ((world.now + 1, 1), (world.now, 0)):
        with world.store.transaction() as tx:
            (account,) = tx.of(Account).list(name="admin")
            tx.of(Account).update(replace(account, expires_at=expires_at))
            if not tx.sessions.list():
                tx.sessions.add(session)
        world.engine.sweep()
        with world.store.transaction() as tx:
            assert len(tx.sessions.list()) == left
