"""Who may work on what at the same time."""

import asyncio

import pytest

from hosted_engine.engine.command import Lock
from hosted_engine.engine.problems import Busy
from hosted_engine.engine.tasks import runner
from hosted_engine.engine.tasks.locks import Locks
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.engine.vms.entity import VMS
from tests.fakes.engine import TINY_ID, World
from tests.unit.engine.scenes import changing, done, new_vm, tiny_vm, vm_of

VM, DISK = Lock("VM", "1"), Lock("disk", "1")
READ = Lock("template", "1", shared=True)
WRITE = Lock("template", "1")


def test_all_or_nothing() -> None:
    locks = Locks()
    assert locks.take([VM], "a") is None
    assert locks.take([DISK, VM], "b") == VM
    assert locks.take([DISK], "c") is None


def test_readers_stand_beside_each_other_and_a_writer_beside_nobody() -> None:
    locks = Locks()
    assert locks.take([READ], "a") is None
    assert locks.take([READ], "b") is None
    assert locks.take([WRITE], "c") == WRITE
    locks.release("a")
    assert locks.take([WRITE], "c") == WRITE
    locks.release("b")
    assert locks.take([WRITE], "c") is None
    assert locks.take([READ], "a") == READ


def test_taking_twice_is_taking_once() -> None:
    locks = Locks()
    assert locks.take([VM, READ], "a") is None
    assert locks.take([VM, WRITE], "a") is None
    locks.release("a")
    assert locks.take([VM, WRITE], "b") is None


async def test_who_waits_goes_on_when_somebody_lets_go() -> None:
    locks = Locks()
    locks.take([VM], "a")
    waiting = asyncio.create_task(locks.released(60))
    await asyncio.sleep(0)
    assert not waiting.done()
    locks.release("a")
    await waiting
    assert locks.take([VM], "c") is None


async def test_a_command_waits_a_moment_for_the_one_before_it() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    world.locks.take([Lock("VM", vm_id)], "somebody")
    waiting = asyncio.create_task(done(world, changing(world, VMS, vm_id, cores=2)))
    await asyncio.sleep(0)
    assert not waiting.done()
    world.locks.release("somebody")
    await waiting
    assert vm_of(world, vm_id).cores == 2


async def test_a_command_that_waited_in_vain_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "LOCK_TIMEOUT_S", 0.01)
    world = World()
    vm_id = await tiny_vm(world)
    world.locks.take([Lock("VM", vm_id)], "somebody")
    with pytest.raises(Busy, match="another operation on VM"):
        await done(world, StartVm(id=vm_id))
    world.locks.release("somebody")
    await done(world, StartVm(id=vm_id))


async def test_many_vms_are_made_from_one_template_at_once() -> None:
    world = World()
    await asyncio.gather(*(done(world, new_vm(world, f"vm{number}", TINY_ID)) for number in range(10)))
    with world.store.transaction() as tx:
        assert tx.vms.count(status="down") == 10
