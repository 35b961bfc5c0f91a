"""Discs that guests read at their first start: what is on them, and that they are gone with the run."""

import io
import logging
from collections.abc import AsyncIterator
from pathlib import Path, PurePosixPath

import msgspec
import pytest
from pycdlib import PyCdlib

from node.api.messages.images import ImageRef, SeedFile
from node.api.messages.machine import Accelerator
from node.api.messages.vms import BootDevice, CdRequest, SuspendRequest, VmCdrom, VmSeed, VmSpec, VmState
from node.api.refusals import NotStartable, VmNotPossible
from node.system.threads import Threads
from node.vms.cdroms import Cdroms, with_disc, without_seed
from node.vms.domain_facts import domain_facts
from node.vms.domain_xml import DomainPaths, domain_xml
from node.vms.hypervisor import DomainAction
from node.vms.lifecycle import Vms
from node.vms.runs import Runs
from node.vms.seed_discs import SeedDiscs, disc
from node.vms.states import SHUT_OFF
from node.vms.suspending import Suspending
from node.vms.vm_checks import why_not_possible
from tests.fakes.clock import FakeClock
from tests.fakes.hypervisor import FakeHypervisor

SECRET = "sesame 4711"
SEED = VmSeed(
    label="cidata",
    files=(
        SeedFile(path="meta-data", text="instance-id: 1\n"),
        SeedFile(path="user-data", text=f"#cloud-config\npassword: {SECRET} ü\n"),
        SeedFile(path="network-config", text="version: 1\n"),
    ),
)
VM = VmSpec(id="6f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5f60", name="web", memory_bytes=1 << 26, cdrom=VmCdrom(), seed=SEED)


class World:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hypervisor = FakeHypervisor()
        self.seeds = folder / "run" / "seeds"
        self.node_paths = DomainPaths(
            Accelerator.TCG, PurePosixPath(folder / "volumes"), PurePosixPath(folder), seeds=PurePosixPath(self.seeds)
        )
        self.clock = FakeClock()
        self.threads = Threads("test", 1)
        self.vms = self.agent()

    def agent(self) -> Vms:
        """A new agent on the same node."""
        vms = Vms(
            self.hypervisor,
            self.threads,
            self.node_paths,
            Runs(self.folder / "runs"),
            ready=_nothing,
            holder=_nobody,
            taker=_nobody,
            notify=lambda report: None,
            clock=self.clock,
            seeds=SeedDiscs(self.seeds),
        )
        vms.watch()
        return vms

    async def after_events(self) -> list[str]:
        """The discs that are there when everything has been heard."""
        for _ in range(10):
            await self.threads(lambda: None)
        return [file.name for file in self.seeds.iterdir()] if self.seeds.exists() else []


async def _nothing(*_: object) -> None: ...


async def _nobody(*_: object) -> None: ...


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    yield made
    made.threads.close()


DISC = f"{VM.id}.iso"


def test_both_kinds_of_guests_find_the_files_by_their_names() -> None:
    iso = PyCdlib()
    iso.open_fp(io.BytesIO(disc(SEED)))
    assert iso.pvd.volume_identifier.decode().strip() == "cidata"
    for facade in (iso.get_rock_ridge_facade(), iso.get_joliet_facade()):
        found = {}
        for file in SEED.files:
            content = io.BytesIO()
            facade.get_file_from_iso_fp(content, f"/{file.path}")
            found[file.path] = content.getvalue().decode()
        assert found == {file.path: file.text for file in SEED.files}
    iso.close()


async def test_a_run_has_its_disc_for_root_alone_and_its_end_takes_it_away(world: World) -> None:
    await world.vms.start_vm(VM)
    assert (world.seeds / DISC).stat().st_mode & 0o777 == 0o600
    assert world.seeds.stat().st_mode & 0o777 == 0o700
    assert SECRET.encode() in (world.seeds / DISC).read_bytes()
    world.hypervisor.act(VM.id, DomainAction.RESET)
    assert await world.after_events() == [DISC]
    await world.vms.destroy_vm(VM.id)
    assert await world.after_events() == []


async def test_a_guest_that_shuts_down_by_itself_takes_it_away(world: World) -> None:
    await world.vms.start_vm(VM)
    world.hypervisor.set(VM.id, SHUT_OFF, 1)
    assert await world.after_events() == []


async def test_the_next_run_has_none_or_another_one(world: World) -> None:
    await world.vms.start_vm(VM)
    await world.vms.destroy_vm(VM.id)
    await world.vms.start_vm(msgspec.structs.replace(VM, seed=None))
    assert await world.after_events() == []
    assert str(world.seeds) not in world.hypervisor.live_xml(VM.id)


async def test_a_start_that_fails_leaves_none(world: World) -> None:
    world.hypervisor.refuse_start = "no room"
    with pytest.raises(NotStartable, match="no room"):
        await world.vms.start_vm(VM)
    assert await world.after_events() == []


async def test_what_ended_while_the_agent_was_away_is_taken_away_and_what_runs_is_not(world: World) -> None:
    other = msgspec.structs.replace(VM, id="6f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5f61", name="other")
    await world.vms.start_vm(VM)
    await world.vms.start_vm(other)
    SeedDiscs(world.seeds).write("6f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5f62", SEED)  # its agent ended before its start
    world.hypervisor.watch(lambda vm_id: None, lambda: None)
    world.hypervisor.act(VM.id, DomainAction.DESTROY)
    assert len(await world.after_events()) == 3
    world.vms = world.agent()
    assert await world.after_events() == [f"{other.id}.iso"]


async def test_it_is_taken_out_before_the_vm_is_suspended(world: World, tmp_path: Path) -> None:
    await world.vms.start_vm(VM)
    suspending = Suspending(
        world.vms, world.hypervisor, world.threads, world.clock, volumes=world.node_paths.volumes, need=_nothing
    )
    memory = ImageRef(storage_domain="data", disk_id=VM.id, image_id="memory")
    assert (await suspending.suspend_vm(VM.id, SuspendRequest(memory=memory))).state is VmState.DOWN
    assert await world.after_events() == []
    (saved,) = (tmp_path / "volumes").rglob("memory")
    assert str(world.seeds) not in world.hypervisor.saved_xml(str(saved))
    await world.vms.start_vm(msgspec.structs.replace(VM, resume_from=memory))
    assert await world.after_events() == []


async def test_the_vms_own_drive_is_another_one(world: World) -> None:
    await world.vms.start_vm(VM)
    image = ImageRef(storage_domain="data", disk_id="iso", image_id="image")
    path = world.folder / "volumes" / "data" / "images" / "iso" / "image"
    path.parent.mkdir(parents=True)
    path.touch()
    cdroms = Cdroms(world.hypervisor, world.threads, volumes=world.folder / "volumes", need=_nothing)
    await cdroms.change_cd(VM.id, CdRequest(disc=image))
    xml = world.hypervisor.live_xml(VM.id)
    assert str(world.seeds / DISC) in xml
    assert str(path) in xml
    assert domain_facts(xml).disks == (str(path),), "the seed is nothing that a storage domain has to have"


def test_one_without_a_drive_of_its_own_has_none_to_change(world: World) -> None:
    xml = domain_xml(msgspec.structs.replace(VM, cdrom=None), "web", world.node_paths)
    assert with_disc(xml, "/x") is None
    assert without_seed(xml) is not None
    assert without_seed(domain_xml(msgspec.structs.replace(VM, seed=None), "web", world.node_paths)) is None


async def test_what_is_secret_is_in_no_words(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    assert SECRET not in repr(VM)
    await world.vms.start_vm(VM)
    bad = msgspec.structs.replace(VM, seed=msgspec.structs.replace(SEED, label="a/b"))
    with pytest.raises(VmNotPossible) as caught:
        await world.vms.start_vm(msgspec.structs.replace(bad, id="6f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5f62"))
    assert SECRET not in str(caught.value)
    assert SECRET not in caplog.text
    assert SECRET not in world.hypervisor.live_xml(VM.id)
    assert not [file for file in world.folder.rglob("*.json") if SECRET in file.read_text()]


@pytest.mark.parametrize("path", ["", "../x", "a/b", "a b", ".hidden", "x" * 65])
def test_a_file_has_a_plain_name(path: str) -> None:
    spec = msgspec.structs.replace(VM, seed=VmSeed(label="cidata", files=(SeedFile(path=path, text=""),)))
    assert "no plain name" in (why_not_possible(spec, knows_time_zone=True) or "")


def test_it_takes_a_place_where_there_are_four() -> None:
    spec = msgspec.structs.replace(VM, machine="pc", boot_devices=(BootDevice.HD,))
    assert why_not_possible(spec, knows_time_zone=True) is None
