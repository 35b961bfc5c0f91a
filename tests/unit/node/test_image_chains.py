"""Long work on images: it goes on between calls, ends when nobody asks, and nothing half-made ever has a name."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from node.api.messages.images import ImageCopy, ImageFormat, ImageRebase, ImageRef, ImageRequest
from node.api.refusals import ImageBusy, ImageInUse, ImageUnknown, Malformed
from node.storage import works
from node.storage.image_chains import ImageChains
from node.storage.images import Images
from node.storage.qemu_img import QemuImg, parse_progress
from node.storage.seed import SeedMaker
from node.storage.works import Works
from node.system.long_command import run_while
from node.system.process import CommandFailed
from node.system.threads import Threads
from tests.fakes.clock import FakeClock
from tests.fakes.node_commands import FakeCommands

MIB = 1 << 20
QCOW2, RAW = ImageFormat.QCOW2, ImageFormat.RAW
BASE = ImageRef(storage_domain="data", disk_id="d", image_id="base")
TOP = ImageRef(storage_domain="data", disk_id="d", image_id="top")
ACTIVE = ImageRef(storage_domain="data", disk_id="d", image_id="active")
COPY = ImageRef(storage_domain="data", disk_id="e", image_id="copy")


class World:
    """`gate` holds long commands up until it is set."""

    def __init__(self, folder: Path) -> None:
        self.run = FakeCommands(folder)
        self.volumes = folder / "volumes"
        (self.volumes / "data").mkdir(parents=True)
        self.users: dict[str, str] = {}
        self.gate = threading.Event()
        self.gate.set()
        self.begun = 0
        self.live: list[int] = []
        self.clock = FakeClock()
        self.threads = Threads("test", 4)
        self.works: Works[ImageRef, Path] = Works(self.threads, self.clock)
        qemu_img = QemuImg(self.run, self.run_while)
        self.images = Images(
            qemu_img,
            SeedMaker(self.run, folder),
            self.threads,
            volumes=self.volumes,
            shipped=folder,
            need=self._need,
            running_on=self._running_on,
            connected_bricks=dict,
            drop_work=self.works.drop,
            clock=self.clock,
        )
        self.chains = ImageChains(self.images, qemu_img, self.threads, self.works, merge_live=self._merge_live)

    def run_while(self, *argv: str, is_wanted: Callable[[], bool], notify: Callable[[str], None]) -> None:
        self.begun += 1
        notify("    (25.00/100%)\r")
        while not self.gate.wait(0.01):
            if not is_wanted():
                raise CommandFailed(argv, "nobody asked about it any more")
        self.run.run_while(*argv, is_wanted=is_wanted, notify=notify)

    def files(self, image: ImageRef) -> list[str]:
        folder = self.images.path(image).parent
        return sorted(file.name for file in folder.iterdir()) if folder.exists() else []

    async def chain(self) -> None:
        await self.images.make_image(BASE, ImageRequest(format=RAW, size_bytes=8 * MIB))
        await self.images.make_image(TOP, ImageRequest(format=QCOW2, backing=BASE))
        await self.images.make_image(ACTIVE, ImageRequest(format=QCOW2, backing=TOP))

    async def _merge_live(self, upper: Path, lower: Path) -> int | None:
        return self.live.pop(0) if self.live else None

    async def _need(self, volume: str) -> None:
        return None

    async def _running_on(self, path: str) -> str | None:
        return self.users.get(Path(path).name)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(works, "ANSWER_S", 0.05)
    world = World(tmp_path)
    yield world
    world.gate.set()
    world.threads.close()


COPYING = ImageCopy(source=ACTIVE, format=QCOW2)


async def test_a_copy_goes_on_between_calls_and_has_its_name_when_a_call_says_so(world: World) -> None:
    await world.chain()
    world.gate.clear()
    for _ in range(2):
        progress = await world.chains.copy_image(COPY, COPYING)
        assert (progress.percent, progress.image) == (25, None)
    assert await world.images.image(COPY) is None
    world.gate.set()
    done = await world.chains.copy_image(COPY, COPYING)
    assert done.image == await world.images.image(COPY)
    assert world.files(COPY) == ["copy", "copy.format"]
    assert len([call for call in world.run.calls if call[1] == "convert"]) == 1


async def test_a_copy_that_is_removed_ends_and_leaves_nothing(world: World) -> None:
    await world.chain()
    world.gate.clear()
    await world.chains.copy_image(COPY, COPYING)
    world.images.path(COPY).with_name("copy.0123.part").write_text("of another node")
    await world.images.remove_image(COPY)
    assert world.files(COPY) == []


async def test_a_copy_that_nobody_asks_about_ends_and_begins_anew_for_who_asks_again(world: World) -> None:
    await world.chain()
    world.gate.clear()
    await world.chains.copy_image(COPY, COPYING)
    world.clock.advance(works.GIVE_UP_S)
    assert (await world.chains.copy_image(COPY, COPYING)).image is None
    assert world.begun == 2
    world.gate.set()
    assert (await world.chains.copy_image(COPY, COPYING)).image is not None
    assert world.files(COPY) == ["copy", "copy.format"]


async def test_a_copy_that_fails_leaves_nothing_and_can_be_made_again(world: World) -> None:
    await world.chain()
    world.run.broken.add("qemu-img convert")
    with pytest.raises(CommandFailed):
        await world.chains.copy_image(COPY, COPYING)
    assert world.files(COPY) == []
    world.run.broken.clear()
    assert (await world.chains.copy_image(COPY, COPYING)).image is not None


async def test_a_copy_is_never_smaller_than_its_source(world: World) -> None:
    await world.chain()
    with pytest.raises(Malformed, match="too few"):
        await world.chains.copy_image(COPY, ImageCopy(source=ACTIVE, format=RAW, size_bytes=MIB))
    grown = await world.chains.copy_image(COPY, ImageCopy(source=ACTIVE, format=RAW, size_bytes=9 * MIB - 1))
    assert grown.image is not None
    assert grown.image.virtual_size_bytes == 9 * MIB


async def test_only_what_nobody_uses_is_merged(world: World) -> None:
    await world.chain()
    for name in ("top", "base"):
        world.users = {name: "web"}
        with pytest.raises(ImageBusy, match="web"):
            await world.chains.merge_image(TOP)
    world.users = {"active": "web"}
    with pytest.raises(ImageBusy, match="web"):
        await world.chains.rebase_image(ACTIVE, ImageRebase(backing=BASE))
    assert not [call for call in world.run.calls if call[1] in ("commit", "rebase")]


async def test_what_a_vm_runs_on_is_merged_by_it(world: World) -> None:
    await world.chain()
    world.users = {"top": "web", "active": "web"}
    world.live = [40, 100]
    assert (await world.chains.merge_image(TOP)).percent == 40
    merged = (await world.chains.merge_image(TOP)).image
    assert merged is not None
    assert merged.image == BASE
    assert not [call for call in world.run.calls if call[1] == "commit"]


async def test_a_merge_that_was_cut_short_is_done_again(world: World) -> None:
    await world.chain()
    world.run.broken.add("qemu-img commit")
    with pytest.raises(CommandFailed):
        await world.chains.merge_image(TOP)
    world.run.broken.clear()
    done = await world.chains.merge_image(TOP)
    assert done.image is not None
    assert done.image.image == BASE
    with pytest.raises(ImageInUse, match="active"):
        await world.images.remove_image(TOP)
    await world.chains.rebase_image(ACTIVE, ImageRebase(backing=BASE))
    await world.images.remove_image(TOP)
    assert [report.image for report in await world.chains.image_chain(ACTIVE)] == [ACTIVE, BASE]


async def test_a_chain_with_a_hole_says_what_is_missing(world: World) -> None:
    await world.chain()
    world.images.path(TOP).unlink()
    with pytest.raises(ImageUnknown, match="top"):
        await world.chains.image_chain(ACTIVE)


def test_the_progress_of_qemu_img_is_read() -> None:
    assert parse_progress("    (0.00/100%)\r    (3.14/100%)\r") == 3
    assert parse_progress("    (100.00/100%)\r\n") == 100
    assert parse_progress("") is None


def _loop(script: str, **how: Any) -> None:
    run_while("sh", "-c", script, **how)


def test_what_a_long_command_writes_is_told_as_it_comes() -> None:
    told: list[str] = []
    _loop("echo one; sleep 0.2; echo two", is_wanted=lambda: True, notify=told.append)
    assert told == ["one\n", "two\n"]


def test_a_long_command_that_fails_says_why() -> None:
    with pytest.raises(CommandFailed, match="no room") as failed:
        _loop("echo no room >&2; exit 3", is_wanted=lambda: True, notify=lambda _: None)
    assert failed.value.exit_status == 3


def test_a_long_command_ends_when_nobody_wants_it() -> None:
    wanted = iter([True, False])
    with pytest.raises(CommandFailed, match="nobody asked"):
        _loop("echo begun; exec sleep 1000", is_wanted=lambda: next(wanted), notify=lambda _: None)


def test_a_long_command_that_is_not_there_says_so() -> None:
    with pytest.raises(CommandFailed, match="not installed"):
        run_while("no-such-command", is_wanted=lambda: True, notify=lambda _: None)
