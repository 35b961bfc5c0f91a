"""Images on mounted storage domains: made beside, flushed, renamed, so that what has its name is whole."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path, PurePosixPath

from node.api.messages.images import (
    Contents,
    ImageCopy,
    ImageFormat,
    ImageRef,
    ImageReport,
    ImageRequest,
    ImageResize,
    SeedRequest,
    WipeReport,
)
from node.api.refusals import (
    ImageBusy,
    ImageDiffers,
    ImageInUse,
    ImageLarger,
    ImageUnknown,
    Malformed,
    NotWiped,
    SourceUnknown,
    token,
)
from node.clock import Clock
from node.storage import formats, layout
from node.storage.image_files import contents_below, finish, fresh_part, path_while_wiped, remove_files, wipe_progress
from node.storage.mount_points import mount_point
from node.storage.qemu_img import Info, QemuImg
from node.storage.seed import SeedMaker
from node.storage.wiping import wipe
from node.system.files import sync_file, sync_folder
from node.system.threads import Threads

SECTOR = 512
WIPE_S = 20.0  # in one call


async def _no_work(_: ImageRef) -> None:
    return None


class Images:
    """`need` raises NotMounted for a storage domain; `running_on` names the running VM that uses a file; `shipped` is
    the folder with the images that come with the node, `NAME.qcow2`; `connected_bricks` is that of gluster.facts;
    `drop_work` ends what copies into an image."""

    def __init__(
        self,
        qemu_img: QemuImg,
        seeds: SeedMaker,
        threads: Threads,
        *,
        volumes: Path,
        shipped: Path,
        need: Callable[[str], Awaitable[None]],
        running_on: Callable[[str], Awaitable[str | None]],
        connected_bricks: Callable[[], Mapping[str, bool]],
        drop_work: Callable[[ImageRef], Awaitable[None]] = _no_work,
        clock: Clock,
    ) -> None:
        self._qemu_img = qemu_img
        self._seeds = seeds
        self._threads = threads
        self._volumes = PurePosixPath(volumes)
        self._shipped = shipped
        self._need = need
        self._running_on = running_on
        self._connected_bricks = connected_bricks
        self._drop_work = drop_work
        self._clock = clock
        self._locks: defaultdict[ImageRef, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def image(self, image: ImageRef) -> ImageReport | None:
        path = self.path(image)
        await self._need(image.storage_domain)
        return await self._threads(self._find, image, path)

    async def contents(self, storage_domain: str) -> Contents:
        root = Path(layout.storage_domain(self._volumes, storage_domain))
        await self._need(storage_domain)
        return await self._threads(contents_below, root)

    async def make_image(self, image: ImageRef, request: ImageRequest) -> ImageReport:
        path = self.path(image)
        _check(request)
        await self._need(image.storage_domain)
        async with self._locks[image]:
            found = await self._threads(self._find, image, path, request.format)
            if found is not None:
                _same_or_differs(found, request)
                return found
            return await self._threads(self._make, image, path, request)

    async def resize_image(self, image: ImageRef, request: ImageResize) -> ImageReport:
        async with self.unused(image) as path:
            return await self._threads(self._resize, image, path, request)

    async def make_seed(self, image: ImageRef, request: SeedRequest) -> ImageReport:
        """A seed is made anew each time: its files may have changed."""
        async with self.unused(image) as path:
            return await self._threads(self._make_seed, image, path, request)

    async def remove_image(self, image: ImageRef) -> None:
        await self._drop_work(image)
        async with self.unused(image) as path:
            await self._threads(self._remove, image, path)
        self._locks.pop(image, None)

    async def wipe_image(self, image: ImageRef) -> WipeReport:
        await self._drop_work(image)
        async with self.unused(image) as path:
            left = await self._threads(self._wipe, image, path)
        if not left:
            self._locks.pop(image, None)
        return WipeReport(left_bytes=left)

    @asynccontextmanager
    async def unused(self, image: ImageRef) -> AsyncIterator[Path]:
        """Its path, while nobody else works on it. Raises ImageBusy when a VM here runs on it."""
        async with self.locked(image) as path:
            if (vm := await self._running_on(str(path))) is not None:
                raise ImageBusy(image=image.image_id, vm=vm)
            yield path

    @asynccontextmanager
    async def locked(self, image: ImageRef) -> AsyncIterator[Path]:
        """Its path, while nobody else works on it."""
        path = self.path(image)
        await self._need(image.storage_domain)
        async with self._locks[image]:
            yield path

    def find(self, image: ImageRef, assumed_format: ImageFormat | None = None) -> ImageReport | None:
        """Blocks. `assumed_format` is the caller's, for an image without a note."""
        return self._find(image, self.path(image), assumed_format)

    def standing_on(self, image: ImageRef) -> Iterator[str]:
        """Blocks. The images of the same disk that stand on this one."""
        path = self.path(image)
        for other, form in formats.all_noted(path.parent):
            if form is ImageFormat.QCOW2 and other != path:
                text = self._qemu_img.info(str(other), form).backing
                if text is not None and layout.backing_ref(image.storage_domain, text) == image:
                    yield other.name

    def path(self, image: ImageRef) -> Path:
        return Path(layout.image(self._volumes, image))

    def _remove(self, image: ImageRef, path: Path) -> None:
        self._need_nothing_on_it(image, "remove")
        remove_files(path)

    def _need_nothing_on_it(self, image: ImageRef, act: str) -> None:
        for other in self.standing_on(image):
            raise ImageInUse(act=act, image=image.image_id, by=other)

    def _wipe(self, image: ImageRef, path: Path) -> int:
        """Under a name that nobody looks for."""
        self._need_all_bricks(image)
        self._need_nothing_on_it(image, "wipe")
        doomed = path_while_wiped(path)
        if path.exists():
            path.rename(doomed)
            sync_folder(path.parent)
        until = self._clock.monotonic() + WIPE_S
        if doomed.exists():
            left = wipe(doomed, wipe_progress(path), is_time_up=lambda: self._clock.monotonic() >= until)
            if left:
                return left
        remove_files(path)
        return 0

    def _need_all_bricks(self, image: ImageRef) -> None:
        mount = f"{mount_point(Path(self._volumes), image.storage_domain)}/"
        bricks = [connected for path, connected in self._connected_bricks().items() if path.startswith(mount)]
        if not all(bricks):
            raise NotWiped(
                image=image.image_id,
                storage_domain=image.storage_domain,
                away=bricks.count(False),
                bricks=len(bricks),
            )

    def _find(self, image: ImageRef, path: Path, assumed_format: ImageFormat | None = None) -> ImageReport | None:
        """`assumed_format` is the caller's, for an image without a note; it is noted then."""
        if not path.exists():
            return None
        noted = formats.noted(path)
        form = noted or assumed_format
        if form is None:
            raise formats.FormatUnknown(image=image.image_id)
        info = self._qemu_img.info(str(path), form)
        if noted is None:
            formats.note(path, form)
        return report_of(image, info)

    def _make(self, image: ImageRef, path: Path, request: ImageRequest) -> ImageReport:
        part = fresh_part(path)
        if request.source is not None:
            self._convert(request.source, part, request)
        elif request.backing is not None:
            self._overlay(request.backing, part, request)
        else:
            size = whole_sectors(request.size_bytes or 0)
            self._qemu_img.create(str(part), request.format, size, preallocated=request.preallocated)
        finish(part, path, request.format)
        return report_of(image, self._qemu_img.info(str(path), request.format))

    def _resize(self, image: ImageRef, path: Path, request: ImageResize) -> ImageReport:
        found = self._find(image, path)
        if found is None:
            raise ImageUnknown(image=image.image_id, storage_domain=image.storage_domain)
        size, now = whole_sectors(request.size_bytes), found.virtual_size_bytes
        if size < now:
            raise ImageLarger(image=image.image_id, size_bytes=size, now_bytes=now)
        if size == now:
            return found
        self._qemu_img.resize(str(path), found.format, size, preallocated=request.preallocated)
        sync_file(path)
        return report_of(image, self._qemu_img.info(str(path), found.format))

    def _convert(self, source: str, part: Path, request: ImageRequest) -> None:
        file = self._shipped / f"{token('source', source)}.qcow2"
        if not file.exists():
            known = sorted(path.stem for path in self._shipped.glob("*.qcow2"))
            raise SourceUnknown(source=source, known=", ".join(known) or "none are there")
        size = self._grown(self._qemu_img.info(str(file), ImageFormat.QCOW2), request)
        self._qemu_img.convert(str(file), ImageFormat.QCOW2, str(part), request.format)
        if size is not None:
            self._qemu_img.resize(str(part), request.format, size)

    def _overlay(self, backing: ImageRef, part: Path, request: ImageRequest) -> None:
        backing_path = self.path(backing)
        if not backing_path.exists():
            raise ImageUnknown(image=backing.image_id, storage_domain=backing.storage_domain)
        noted = formats.noted(backing_path)
        form = noted or request.backing_format
        if form is None:
            raise formats.FormatUnknown(image=backing.image_id)
        if request.backing_format not in (None, form):
            raise Malformed(reason=f"the backing image is {form}, not {request.backing_format}")
        size = self._grown(self._qemu_img.info(str(backing_path), form), request)
        self._qemu_img.create_overlay(str(part), layout.backing_text(backing), form, size)

    def _grown(self, origin: Info, request: ImageRequest) -> int | None:
        """The desired size where it is another than that of the image it is made from."""
        if request.size_bytes is None:
            return None
        size = whole_sectors(request.size_bytes)
        if size < origin.virtual_size_bytes:
            raise Malformed(reason=f"{size} bytes are too few for a content of {origin.virtual_size_bytes}")
        return size if size > origin.virtual_size_bytes else None

    def _make_seed(self, image: ImageRef, path: Path, request: SeedRequest) -> ImageReport:
        part = fresh_part(path)
        self._seeds.make(part, request)
        finish(part, path, ImageFormat.RAW)
        return report_of(image, self._qemu_img.info(str(path), ImageFormat.RAW))


def _check(request: ImageRequest) -> None:
    if request.source is not None and request.backing is not None:
        raise Malformed(reason="an image has a source or a backing, not both")
    if request.backing is not None and request.format is not ImageFormat.QCOW2:
        raise Malformed(reason="only a qcow2 image can have a backing image")
    if request.source is None and request.backing is None and not request.size_bytes:
        raise Malformed(reason="an image without a source or a backing needs a size")


def _same_or_differs(found: ImageReport, request: ImageRequest) -> None:
    check_copy(found, request)
    if found.backing != request.backing:
        raise ImageDiffers(image=found.image.image_id, reason="it has another backing image")


def check_copy(found: ImageReport, request: ImageRequest | ImageCopy) -> None:
    """Raises ImageDiffers where what is there is not what is asked for."""
    if found.format is not request.format:
        raise ImageDiffers(image=found.image.image_id, reason=f"its format is {found.format}")
    if request.size_bytes is not None and found.virtual_size_bytes != whole_sectors(request.size_bytes):
        raise ImageDiffers(image=found.image.image_id, reason=f"it has {found.virtual_size_bytes} bytes")


def whole_sectors(size_bytes: int) -> int:
    return -(-size_bytes // SECTOR) * SECTOR


def report_of(image: ImageRef, info: Info) -> ImageReport:
    return ImageReport(
        image=image,
        format=info.format,
        virtual_size_bytes=info.virtual_size_bytes,
        actual_size_bytes=info.actual_size_bytes,
        backing=layout.backing_ref(image.storage_domain, info.backing) if info.backing else None,
    )
