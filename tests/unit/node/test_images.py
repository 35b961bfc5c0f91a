"""Images get their name when they are whole, and only once."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from node.api.messages.images import ImageFormat, ImageRef, ImageRequest, ImageResize, SeedFile, SeedRequest
from node.api.refusals import (
    ImageBusy,
    ImageDiffers,
    ImageLarger,
    ImageUnknown,
    Malformed,
    NotMounted,
    NotWiped,
    SourceUnknown,
)
from node.storage import formats
from node.storage.images import WIPE_S, Images
from node.storage.qemu_img import Info, NotUnderstood, QemuImg, parse_info
from node.storage.seed import LEAST_BYTES, SeedMaker, seed_bytes
from node.system.process import CommandFailed
from node.system.threads import Threads
from tests.fakes.clock import FakeClock
from tests.fakes.node_commands import FakeCommands

DATA = Path(__file__).parents[2] / "data" / "node" / "qemu-img"
MIB = 1 << 20
IMAGE = ImageRef(storage_domain="data", disk_id="d", image_id="i")
TOP = ImageRef(storage_domain="data", disk_id="e", image_id="j")
THIRD = ImageRef(storage_domain="data", disk_id="f", image_id="l")
QCOW2 = ImageFormat.QCOW2
RAW = ImageFormat.RAW
EMPTY = ImageRequest(format=QCOW2, size_bytes=8 * MIB)


class World:
    def __init__(self, folder: Path) -> None:
        self.run = FakeCommands(folder)
        self.volumes = folder / "volumes"
        (self.volumes / "data").mkdir(parents=True)
        self.user: str | None = None
        self.bricks: dict[str, bool] = {}
        self.clock = FakeClock()
        shipped = folder / "shipped"
        shipped.mkdir()
        (shipped / "tiny.qcow2").write_text(f'{{"format": "qcow2", "virtual-size": {20 * MIB}}}')
        scratch = folder / "scratch"
        scratch.mkdir()
        self.scratch = scratch
        self.threads = Threads("test", 2)
        self.images = Images(
            QemuImg(self.run, self.run.run_while),
            SeedMaker(self.run, scratch),
            self.threads,
            volumes=self.volumes,
            shipped=shipped,
            need=self._need,
            running_on=self._running_on,
            connected_bricks=lambda: self.bricks,
            drop_work=self._drop_work,
            clock=self.clock,
        )

    def path(self, image: ImageRef) -> Path:
        return self.volumes / image.storage_domain / "images" / image.disk_id / image.image_id

    async def _need(self, volume: str) -> None:
        if volume != "data":
            raise NotMounted(storage_domain=volume, reason="it is not mounted")

    async def _drop_work(self, image: ImageRef) -> None:
        return None

    async def _running_on(self, path: str) -> str | None:
        return self.user


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.threads.close()


def _files(world: World) -> list[str]:
    """What lies in the folder of IMAGE's disk."""
    return sorted(file.name for file in world.path(IMAGE).parent.iterdir())


async def test_an_image_is_made_once(world: World) -> None:
    made = await world.images.make_image(IMAGE, EMPTY)
    calls = len(world.run.calls)
    assert await world.images.make_image(IMAGE, EMPTY) == made == await world.images.image(IMAGE)
    assert all("create" not in call for call in world.run.calls[calls:])
    assert _files(world) == ["i", "i.format"]


async def test_what_a_crash_left_half_made_does_not_count_and_is_replaced(world: World) -> None:
    world.run.broken.add("qemu-img create")
    with pytest.raises(CommandFailed):
        await world.images.make_image(IMAGE, EMPTY)
    world.path(IMAGE).with_name("i.part").write_text("half")
    assert await world.images.image(IMAGE) is None
    world.run.broken.clear()
    assert (await world.images.make_image(IMAGE, EMPTY)).virtual_size_bytes == 8 * MIB
    assert _files(world) == ["i", "i.format"]


@pytest.mark.parametrize(
    "other",
    [
        ImageRequest(format=ImageFormat.RAW, size_bytes=8 * MIB),
        ImageRequest(format=QCOW2, size_bytes=16 * MIB),
        ImageRequest(format=QCOW2, backing=TOP),
    ],
)
async def test_another_image_under_the_same_id_is_refused(world: World, other: ImageRequest) -> None:
    await world.images.make_image(IMAGE, EMPTY)
    with pytest.raises(ImageDiffers):
        await world.images.make_image(IMAGE, other)


async def test_what_a_guest_wrote_into_a_raw_image_does_not_make_it_another(world: World) -> None:
    made = await world.images.make_image(IMAGE, ImageRequest(format=RAW, size_bytes=8 * MIB))
    forged = {"format": "qcow2", "virtual-size": 8 * MIB, "backing-filename": "../secret/image"}
    world.path(IMAGE).write_text(json.dumps(forged))
    found = await world.images.image(IMAGE)
    assert found == made
    assert (found.format, found.backing) == (RAW, None)
    await world.images.make_image(TOP, ImageRequest(format=QCOW2, backing=IMAGE))
    create = next(call for call in world.run.calls if "-b" in call)
    assert create[create.index("-F") + 1] == "raw"
    with pytest.raises(Malformed, match="raw, not qcow2"):
        await world.images.make_image(THIRD, ImageRequest(format=QCOW2, backing=IMAGE, backing_format=QCOW2))


async def test_an_image_without_a_note_is_what_the_caller_says_and_never_guessed(world: World) -> None:
    made = await world.images.make_image(IMAGE, EMPTY)
    formats.file(world.path(IMAGE)).unlink()
    with pytest.raises(formats.FormatUnknown):
        await world.images.image(IMAGE)
    with pytest.raises(formats.FormatUnknown):
        await world.images.make_image(TOP, ImageRequest(format=QCOW2, backing=IMAGE))
    assert await world.images.make_image(IMAGE, EMPTY) == made == await world.images.image(IMAGE)


async def test_no_image_is_there_without_its_note(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(image: Path, form: ImageFormat) -> None:
        raise OSError("the volume is full")

    with monkeypatch.context() as broken:
        broken.setattr(formats, "note", fail)
        with pytest.raises(OSError, match="full"):
            await world.images.make_image(IMAGE, EMPTY)
    assert await world.images.image(IMAGE) is None


async def test_an_overlay_names_its_backing_relative_to_itself(world: World) -> None:
    await world.images.make_image(IMAGE, EMPTY)
    report = await world.images.make_image(TOP, ImageRequest(format=QCOW2, backing=IMAGE, backing_format=QCOW2))
    assert (report.backing, report.virtual_size_bytes) == (IMAGE, 8 * MIB)
    create = next(call for call in world.run.calls if "-b" in call)
    assert create[create.index("-b") + 1] == "../d/i"
    assert str(world.volumes) not in create[create.index("-b") + 1]


async def test_a_shipped_image_is_copied_and_grown(world: World) -> None:
    report = await world.images.make_image(
        IMAGE, ImageRequest(format=ImageFormat.RAW, source="tiny", size_bytes=30 * MIB)
    )
    assert (report.format, report.virtual_size_bytes) == (ImageFormat.RAW, 30 * MIB)
    assert (
        await world.images.make_image(IMAGE, ImageRequest(format=ImageFormat.RAW, source="tiny", size_bytes=30 * MIB))
        == report
    )


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (ImageRequest(format=QCOW2), Malformed),
        (ImageRequest(format=QCOW2, source="tiny", backing=TOP), Malformed),
        (ImageRequest(format=ImageFormat.RAW, backing=TOP), Malformed),
        (ImageRequest(format=QCOW2, source="tiny", size_bytes=MIB), Malformed),
        (ImageRequest(format=QCOW2, source="../../etc/passwd"), Malformed),
        (ImageRequest(format=QCOW2, source="big"), SourceUnknown),
        (ImageRequest(format=QCOW2, backing=TOP), ImageUnknown),
    ],
)
async def test_impossible_wishes_leave_nothing(world: World, request_: ImageRequest, error: type[Exception]) -> None:
    with pytest.raises(error):
        await world.images.make_image(IMAGE, request_)
    assert not list(world.volumes.rglob("*.part"))
    assert await world.images.image(IMAGE) is None


async def test_removal_takes_the_empty_folder_of_the_disk_along(world: World) -> None:
    second = ImageRef(storage_domain="data", disk_id="d", image_id="k")
    await world.images.make_image(IMAGE, EMPTY)
    await world.images.make_image(second, EMPTY)
    world.path(IMAGE).with_name("i.part").write_text("half")
    await world.images.remove_image(IMAGE)
    assert _files(world) == ["k", "k.format"]
    for _ in range(2):
        await world.images.remove_image(second)
    assert not world.path(second).parent.exists()


async def test_everything_on_a_volume_is_told_whoever_made_it(world: World) -> None:
    await world.images.make_image(IMAGE, EMPTY)
    (world.volumes / "data" / "notes.txt").touch()
    contents = await world.images.contents("data")
    assert sorted(contents.files) == ["images/d/i", "images/d/i.format", "notes.txt"]
    assert not contents.more
    with pytest.raises(NotMounted):
        await world.images.contents("engine")


async def test_a_volume_with_too_many_files_to_tell_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.storage.image_files.MOST_FILES", 2)
    for name in "abc":
        (world.volumes / "data" / name).touch()
    contents = await world.images.contents("data")
    assert (len(contents.files), contents.more) == (2, True)


@pytest.mark.parametrize(
    ("form", "preallocated", "options"),
    [(QCOW2, False, ()), (RAW, False, ()), (RAW, True, ("--preallocation=falloc",))],
)
async def test_an_image_grows_in_its_own_format(
    world: World, form: ImageFormat, preallocated: bool, options: tuple[str, ...]
) -> None:
    await world.images.make_image(IMAGE, ImageRequest(format=form, size_bytes=8 * MIB))
    request = ImageResize(size_bytes=16 * MIB - 1, preallocated=preallocated)
    for _ in range(2):
        assert (await world.images.resize_image(IMAGE, request)).virtual_size_bytes == 16 * MIB
    resized = [call for call in world.run.calls if call[1] == "resize"]
    path = str(world.path(IMAGE))
    assert resized == [("qemu-img", "resize", "-q", "-f", form.value, *options, path, str(16 * MIB))]


async def test_an_image_that_cannot_grow_is_as_it_was(world: World) -> None:
    with pytest.raises(ImageUnknown):
        await world.images.resize_image(IMAGE, ImageResize(size_bytes=MIB))
    made = await world.images.make_image(IMAGE, EMPTY)
    with pytest.raises(ImageLarger, match="8388608"):
        await world.images.resize_image(IMAGE, ImageResize(size_bytes=MIB))
    world.user = "web"
    with pytest.raises(ImageBusy, match="web"):
        await world.images.resize_image(IMAGE, ImageResize(size_bytes=16 * MIB))
    assert await world.images.image(IMAGE) == made


async def test_an_image_in_use_stays(world: World) -> None:
    await world.images.make_image(IMAGE, EMPTY)
    world.user = "web"
    with pytest.raises(ImageBusy, match="web"):
        await world.images.remove_image(IMAGE)
    with pytest.raises(ImageBusy):
        await world.images.make_seed(IMAGE, SeedRequest(label="x", files=()))
    assert world.path(IMAGE).exists()


async def test_an_image_that_is_wiped_is_gone_at_once_and_done_when_nothing_is_left(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wipe(path: Path, note: Path, *, is_time_up: Callable[[], bool]) -> int:
        seen.append((path.name, note.exists()))
        note.touch()
        return next(left)

    seen: list[tuple[str, bool]] = []
    left = iter([5, 2, 0])
    monkeypatch.setattr("node.storage.images.wipe", wipe)
    await world.images.make_image(IMAGE, EMPTY)
    for expected in (5, 2):
        assert (await world.images.wipe_image(IMAGE)).left_bytes == expected
        assert await world.images.image(IMAGE) is None
        assert _files(world) == ["i.format", "i.wipe", "i.wiped"]
    for _ in range(2):
        assert (await world.images.wipe_image(IMAGE)).left_bytes == 0
    assert not world.path(IMAGE).parent.exists()
    assert seen == [("i.wipe", False), ("i.wipe", True), ("i.wipe", True)]


async def test_a_call_wipes_as_long_as_it_may(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def wipe(path: Path, note: Path, *, is_time_up: Callable[[], bool]) -> int:
        pieces = 0
        while not is_time_up():
            pieces += 1
            world.clock.advance(WIPE_S / 4)
        return pieces

    monkeypatch.setattr("node.storage.images.wipe", wipe)
    await world.images.make_image(IMAGE, EMPTY)
    assert (await world.images.wipe_image(IMAGE)).left_bytes == 4


async def test_an_image_is_not_wiped_while_it_is_used_or_a_copy_of_it_is_away(world: World) -> None:
    await world.images.make_image(IMAGE, EMPTY)
    world.user = "web"
    with pytest.raises(ImageBusy, match="web"):
        await world.images.wipe_image(IMAGE)
    world.user = None
    folder = world.volumes / "data" / ".meta/graphs/active"
    world.bricks = {f"{folder}/data-client-0/private": True, f"{folder}/data-client-1/private": False}
    with pytest.raises(NotWiped, match="1 of 2 bricks of storage domain data"):
        await world.images.wipe_image(IMAGE)
    assert await world.images.image(IMAGE) is not None
    world.bricks = {f"{folder}/data-client-0/private": True, "/volumes/data2/x/private": False}
    assert (await world.images.wipe_image(IMAGE)).left_bytes == 0


async def test_what_is_left_of_a_wiped_image_can_be_removed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.storage.images.wipe", lambda path, note, *, is_time_up: 1)
    await world.images.make_image(IMAGE, EMPTY)
    await world.images.wipe_image(IMAGE)
    await world.images.remove_image(IMAGE)
    assert not world.path(IMAGE).parent.exists()


async def test_a_seed_keeps_its_secrets_off_command_lines_and_leaves_nothing_behind(world: World) -> None:
    files = (SeedFile(path="site.json", text="{}", mode=0o644), SeedFile(path="keys/ca.key", text="s3cret"))
    report = await world.images.make_seed(IMAGE, SeedRequest(label="TRIVETSEED", files=files))
    assert report.virtual_size_bytes == LEAST_BYTES + MIB
    assert "s3cret" not in str(world.run.calls)
    assert list(world.scratch.iterdir()) == []
    (seed,) = world.run.seeds.values()
    assert seed == {"site.json": ("{}", 0o644), "keys/ca.key": ("s3cret", 0o600)}
    assert world.path(IMAGE).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", ""])
async def test_seed_files_stay_inside_the_seed(world: World, path: str) -> None:
    with pytest.raises(Malformed):
        await world.images.make_seed(IMAGE, SeedRequest(label="x", files=(SeedFile(path=path, text=""),)))


def test_a_seed_has_room_for_twice_its_content() -> None:
    files = tuple(SeedFile(path=str(n), text="x" * MIB) for n in range(5))
    assert seed_bytes(SeedRequest(label="x", files=files)) >= 10 * MIB


def test_what_qemu_img_says_of_an_overlay() -> None:
    text = (DATA / "overlay.json").read_text()
    assert parse_info(text, "x") == Info(QCOW2, 64 * MIB, 200_704, "../base")


@pytest.mark.parametrize("text", ["", "{}", '{"format": "vmdk", "virtual-size": 1}'])
def test_what_is_not_understood_is_said(text: str) -> None:
    with pytest.raises(NotUnderstood):
        parse_info(text, "x")
