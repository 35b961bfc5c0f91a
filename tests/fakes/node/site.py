"""What the nodes of a site share, in memory: Gluster's peers and volumes, images and leases on them."""

from dataclasses import dataclass, field

from node.api import refusals as r
from node.api.messages.gluster import BrickReport, GlusterReport, PeerReport, VolumeReport, VolumeRequest
from node.api.messages.images import ImageFormat, ImageRef, ImageReport, ImageRequest, SeedRequest
from node.api.problems import Refused

GIB = 1 << 30
SHIPPED = {"engine": 10 * GIB, "tiny": 64 << 20}


class BrickBusy(Refused):
    what = "Cannot use {brick} as a brick"
    why = "that folder is already part of a volume"


class BrickHasData(Refused):
    what = "Cannot clear the brick {path}"
    why = "it holds files or belongs to a volume"


@dataclass
class FakeSite:
    """Hand the same one to every FakeNode of a test."""

    peers: list[str] = field(default_factory=list)
    volumes: dict[str, VolumeReport] = field(default_factory=dict)
    marked: set[str] = field(default_factory=set)
    """Bricks, `server:path`, that a creation marked as used."""
    filled: set[str] = field(default_factory=set)
    """Bricks with somebody's files on them."""
    cut_short_after: int | None = None
    """The next creation of a volume marks that many bricks and then fails."""
    images: dict[ImageRef, ImageReport] = field(default_factory=dict)
    seeds: dict[ImageRef, SeedRequest] = field(default_factory=dict)
    leases: dict[tuple[str, str], int | None] = field(default_factory=dict)
    """(lockspace, resource) → holder; a lease that was never made is not in it."""

    def gluster(self, node: str) -> GlusterReport:
        """The pool as `node` sees it: itself is not among its peers."""
        others = [peer for peer in self.peers if peer != node]
        peers = [PeerReport(uuid=p, hostname=p, connected=True, state="Peer in Cluster") for p in others]
        return GlusterReport(peers=tuple(peers), volumes=tuple(self.volumes.values()))

    def add_peers(self, *names: str) -> None:
        for name in names:
            if name not in self.peers:
                self.peers.append(name)

    def make_volume(self, request: VolumeRequest) -> VolumeReport:
        found = self.volumes.get(request.name)
        bricks = tuple(_brick(text) for text in request.bricks)
        if found is not None and [(b.server, b.path) for b in found.bricks] != [(b.server, b.path) for b in bricks]:
            raise r.VolumeDiffers(volume=request.name, reason="its bricks are others")
        if found is None:
            self._mark(request)
        report = VolumeReport(
            name=request.name,
            status="Started",
            type="Replicate",
            replica=request.replica,
            bricks=bricks,
            options={"network.remote-dio": "enable"} | request.options if request.group else dict(request.options),
        )
        self.volumes[request.name] = report
        return report

    def clear_brick(self, server: str, path: str) -> None:
        text = f"{server}:{path}"
        if not path.startswith("/"):
            raise r.Malformed(reason=f"the brick {path!r} is not an absolute path")
        if text not in self.marked:
            return
        if text in self.filled or text in self._in_volumes():
            raise BrickHasData(path=path)
        self.marked.discard(text)

    def _mark(self, request: VolumeRequest) -> None:
        for number, text in enumerate(request.bricks):
            if number == self.cut_short_after:
                self.cut_short_after = None
                raise r.PeerUnreachable(peer=text.partition(":")[0], reason="it died in the middle")
            if text in self.marked:
                raise BrickBusy(brick=text)
            self.marked.add(text)

    def _in_volumes(self) -> set[str]:
        return {f"{brick.server}:{brick.path}" for volume in self.volumes.values() for brick in volume.bricks}

    def make_image(self, image: ImageRef, request: ImageRequest) -> ImageReport:
        size = self._size(request)
        found = self.images.get(image)
        if found is not None:
            if found.format is not request.format or found.backing != request.backing:
                raise r.ImageDiffers(image=image.image_id, reason=f"a {found.format} of another make")
            if request.size_bytes is not None and found.virtual_size_bytes != request.size_bytes:
                raise r.ImageDiffers(image=image.image_id, reason=f"of {found.virtual_size_bytes} bytes")
            return found
        report = ImageReport(
            image=image,
            format=request.format,
            virtual_size_bytes=size,
            actual_size_bytes=size if request.preallocated else 196_608,
            backing=request.backing,
        )
        self.images[image] = report
        return report

    def make_seed(self, image: ImageRef, request: SeedRequest) -> ImageReport:
        self.seeds[image] = request
        self.images[image] = ImageReport(
            image=image, format=ImageFormat.RAW, virtual_size_bytes=4 << 20, actual_size_bytes=1 << 20
        )
        return self.images[image]

    def remove_image(self, image: ImageRef) -> None:
        self.images.pop(image, None)
        self.seeds.pop(image, None)

    def _size(self, request: ImageRequest) -> int:
        if request.source is not None and request.backing is not None:
            raise r.Malformed(reason="an image has a source or a backing, not both")
        own = 0
        if request.source is not None:
            if request.source not in SHIPPED:
                raise r.SourceUnknown(source=request.source, known=", ".join(sorted(SHIPPED)))
            own = SHIPPED[request.source]
        elif request.backing is not None:
            if request.backing not in self.images:
                raise r.ImageUnknown(image=request.backing.image_id, volume=request.backing.volume)
            own = self.images[request.backing].virtual_size_bytes
        elif request.size_bytes is None:
            raise r.Malformed(reason="an image without a source or a backing needs a size")
        size = request.size_bytes if request.size_bytes is not None else own
        if size < own:
            raise r.Malformed(reason=f"{size} bytes are too few for a content of {own}")
        return size


def _brick(text: str) -> BrickReport:
    server, _, path = text.partition(":")
    return BrickReport(server=server, path=path, online=True, pending_heals=0)
