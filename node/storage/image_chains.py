"""Images that stand on others: copied with all that they stand on, merged, let stand on another one."""

import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

from node.api.messages.images import ImageCopy, ImageProgress, ImageRebase, ImageRef, ImageReport
from node.api.refusals import ImageInUse, ImageUnknown, Malformed, NotMerged
from node.storage import layout
from node.storage.image_files import copies, finish
from node.storage.images import Images, check_copy, whole_sectors
from node.storage.qemu_img import QemuImg
from node.storage.works import IsWanted, Note, Works
from node.system.files import sync_file
from node.system.threads import Threads

MergeLive = Callable[[Path, Path], Awaitable[int | None]]

DEEPEST = 1000  # images in a chain: more are a circle


class ImageChains:
    """What takes long goes on in `works`, by the image that is made or merged. `merge_live` says how many percent of
    one image of a running VM are in the one below, and None where no VM here uses it."""

    def __init__(
        self,
        images: Images,
        qemu_img: QemuImg,
        threads: Threads,
        works: "Works[ImageRef, Path]",
        *,
        merge_live: MergeLive,
    ) -> None:
        self._images = images
        self._qemu_img = qemu_img
        self._threads = threads
        self._works = works
        self._merge_live = merge_live

    async def copy_image(self, image: ImageRef, request: ImageCopy) -> ImageProgress:
        async with self._images.locked(image):
            found = await self._threads(self._images.find, image, request.format)
            if found is not None:
                check_copy(found, request)
                return ImageProgress(percent=100, image=found)
        async with self._images.locked(request.source) as source_path:
            source = await self._threads(self._need, request.source, request)
        path = self._images.path(image)

        def copy(is_wanted: IsWanted, note: Note) -> Path:
            return self._copy(source, source_path, path, request, is_wanted, note)

        percent, part = await self._works.ask(image, copy)
        if part is None:
            return ImageProgress(percent=percent)
        async with self._images.locked(image):
            return await self._threads(self._finish_copy, image, path, part, request)

    async def merge_image(self, image: ImageRef) -> ImageProgress:
        """By the VM that runs on it, where there is one here."""
        async with self._images.locked(image) as path:
            backing = await self._threads(self._need_mergeable, image)
        percent = await self._merge_live(path, self._images.path(backing))
        if percent is None:
            return await self._merge_unused(image, backing)
        merged = await self._threads(self._images.find, backing) if percent == 100 else None
        return ImageProgress(percent=percent, image=merged)

    async def _merge_unused(self, image: ImageRef, backing: ImageRef) -> ImageProgress:
        async with self._images.unused(backing) as backing_path:
            pass
        async with self._images.unused(image) as path:
            pass

        def merge(is_wanted: IsWanted, note: Note) -> Path:
            self._qemu_img.commit(str(path), is_wanted=is_wanted, note=note)
            sync_file(backing_path)
            return backing_path

        percent, merged = await self._works.ask(image, merge)
        if merged is None:
            return ImageProgress(percent=percent)
        return ImageProgress(percent=100, image=await self._threads(self._images.find, backing))

    async def rebase_image(self, image: ImageRef, request: ImageRebase) -> ImageReport:
        """A running VM's is so already where libvirt has merged what was below it."""
        async with self._images.locked(image):
            found = await self._threads(self._need, image)
        if found.backing == request.backing:
            return found
        async with self._images.unused(image) as path:
            return await self._threads(self._rebase, image, path, request.backing)

    async def image_chain(self, image: ImageRef) -> tuple[ImageReport, ...]:
        async with self._images.locked(image):
            return await self._threads(self._chain, image)

    def _need(self, image: ImageRef, request: ImageCopy | None = None) -> ImageReport:
        found = self._images.find(image, request.source_format if request else None)
        if found is None:
            raise ImageUnknown(image=image.image_id, storage_domain=image.storage_domain)
        return found

    def _copy(
        self, source: ImageReport, source_path: Path, path: Path, request: ImageCopy, is_wanted: IsWanted, note: Note
    ) -> Path:
        """Under a name of its own: another node may be at the same work, for an engine that has turned to this one."""
        size = whole_sectors(request.size_bytes or source.virtual_size_bytes)
        if size < source.virtual_size_bytes:
            raise Malformed(reason=f"{size} bytes are too few for a content of {source.virtual_size_bytes}")
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
        try:
            self._qemu_img.copy(
                str(source_path),
                source.format,
                str(part),
                request.format,
                preallocated=request.preallocated,
                is_wanted=is_wanted,
                note=note,
            )
            if size > source.virtual_size_bytes:
                self._qemu_img.resize(str(part), request.format, size, preallocated=request.preallocated)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        return part

    def _finish_copy(self, image: ImageRef, path: Path, part: Path, request: ImageCopy) -> ImageProgress:
        if not path.exists():
            finish(part, path, request.format)
        for left in copies(path):
            left.unlink(missing_ok=True)
        return ImageProgress(percent=100, image=self._need(image))

    def _need_mergeable(self, image: ImageRef) -> ImageRef:
        """The image that it stands on; of the same disk, with nothing else on it."""
        backing = self._need(image).backing
        if backing is None:
            raise NotMerged(image=image.image_id, reason="it stands on no image that is known")
        if backing.disk_id != image.disk_id:
            raise NotMerged(image=image.image_id, reason=f"it stands on an image of another disk, {backing.disk_id}")
        for other in self._images.standing_on(backing):
            if other != image.image_id:
                raise ImageInUse(act="merge into", image=backing.image_id, by=other)
        return backing

    def _rebase(self, image: ImageRef, path: Path, backing: ImageRef) -> ImageReport:
        now, wanted = self._need(image), self._need(backing)
        if backing.storage_domain != image.storage_domain:
            raise Malformed(reason="an image stands on one of its own storage domain")
        if image in {report.image for report in self._chain(backing)}:
            raise Malformed(reason=f"image {backing.image_id} stands on it")
        if now.backing != backing:
            self._qemu_img.rebase(str(path), layout.backing_text(backing), wanted.format)
            sync_file(path)
        return self._need(image)

    def _chain(self, image: ImageRef) -> tuple[ImageReport, ...]:
        chain = [self._need(image)]
        while (below := chain[-1].backing) is not None and len(chain) < DEEPEST:
            chain.append(self._need(below))
        return tuple(chain)
