"""What the nodes of a site share, in memory: Gluster's peers and volumes, images and leases on them."""

from dataclasses import dataclass, field

import msgspec

from gluster.state import PoolState, ServerFacts
from node.api import refusals as r
from node.api.messages.gluster import BrickReport, GlusterReport, PeerReport, VolumeReport, VolumeRequest
from node.api.messages.images import (
    Contents,
    ImageFormat,
    ImageRef,
    ImageReport,
    ImageRequest,
    ImageResize,
    SeedRequest,
)
from node.api.messages.mounts import MountSpec
from node.api.messages.storage_domains import StorageDomainMetadata
from node.api.problems import Refused
from tests.fakes.pool import fake_pool

GIB = 1 << 30
SHIPPED = {"engine": 10 * GIB, "tiny": 64 << 20}


class BrickBusy(Refused):
    what = "Cannot use {brick} as a brick"
    why = "that folder is already part of a volume"


class BrickInUse(Refused):
    what = "Cannot remove the brick {path}"
    why = "its volume is there"


class ServerAnswers(Refused):
    what = "Cannot give up the server {server}"
    why = "it answers"


class ServerNeeded(Refused):
    what = "Cannot give up the server {server}"
    why = "volume {volume} {reason}"


class PeerHasBricks(Refused):
    what = "Cannot take {peer} out of the pool"
    why = "bricks lie there"


class BrickHasData(Refused):
    what = "Cannot clear the brick {path}"
    why = "it holds files or belongs to a volume"


class AnyExport(set[str]):
    """Servers that export whatever anybody asks for."""

    def __contains__(self, _: object) -> bool:
        return True


@dataclass
class FakeSite:
    """Hand the same one to every FakeNode of a test."""

    peers: list[str] = field(default_factory=list)
    volumes: dict[str, VolumeReport] = field(default_factory=dict)
    marked: dict[str, str] = field(default_factory=dict)
    """Bricks, `server:path`, that a creation marked with the id of its volume."""
    filled: set[str] = field(default_factory=set)
    """Bricks with somebody's files on them."""
    cut_short_after: int | None = None
    """The next creation of a volume marks that many bricks and then fails."""
    images: dict[ImageRef, ImageReport] = field(default_factory=dict)
    seeds: dict[ImageRef, SeedRequest] = field(default_factory=dict)
    wiped: list[ImageRef] = field(default_factory=list)
    """Images that were overwritten to their end before they were removed."""
    wipe_calls: int = 1
    """How many calls it takes to overwrite an image."""
    wiping: dict[ImageRef, int] = field(default_factory=dict)
    """How many calls are left."""
    contents_of: dict[ImageRef, tuple[str, ...]] = field(default_factory=dict)
    """The words that an image holds itself."""
    zeros: dict[ImageRef, int] = field(default_factory=dict)
    """Bytes that images take for zeros that somebody has written: a copy takes none for them."""
    work_calls: int = 1
    """How many calls it takes to copy or merge an image."""
    working: dict[ImageRef, int] = field(default_factory=dict)
    """How many calls are left."""
    leases: dict[tuple[str, str], int | None] = field(default_factory=dict)
    """(lockspace, resource) → holder; a lease that was never made is not in it."""
    domains: dict[str, str] = field(default_factory=dict)
    """By what is mounted, a volume's name or a source: the id of the storage domain, as it was named first."""
    metadata: dict[str, StorageDomainMetadata] = field(default_factory=dict)
    """By what is mounted: what the storage domain on it says of itself."""
    ovfs: dict[str, dict[str, str]] = field(default_factory=dict)
    """By what is mounted: the VMs and templates that its OVF store has, by their ids."""
    exports: set[str] = field(default_factory=set)
    """Sources of other kinds than Gluster volumes that can be mounted."""
    lockspaces: dict[str, str] = field(default_factory=dict)
    """The volume on which a lockspace lies."""
    away: set[str] = field(default_factory=set)
    """Servers of the pool that the others have no connection to."""
    strangers: dict[str, list[str]] = field(default_factory=dict)
    """Files that somebody put onto a volume by hand."""
    ha_files: dict[str, dict[str, str]] = field(default_factory=dict)
    """By volume: what the site has written down for trivet-ha."""
    created: int = 0
    storage: PoolState | None = None
    """The state of the storage as all nodes see it; None: whole, as `volumes` say."""

    def pool_state(self, node: str) -> PoolState:
        return self.storage if self.storage is not None else fake_pool(node, self.peers, self.volumes.values())

    def facts(self, node: str) -> ServerFacts:
        return self.pool_state(node).facts.get(node, ServerFacts())

    def gluster(self, node: str) -> GlusterReport:
        """The pool as `node` sees it: itself is not among its peers."""
        others = [peer for peer in self.peers if peer != node] if node in self.peers else []
        peers = [PeerReport(uuid=p, hostname=p, connected=p not in self.away, state="Peer in Cluster") for p in others]
        return GlusterReport(peers=tuple(peers), volumes=tuple(map(self._with_bricks_away, self.volumes.values())))

    def _with_bricks_away(self, volume: VolumeReport) -> VolumeReport:
        bricks = [msgspec.structs.replace(b, online=b.online and b.server not in self.away) for b in volume.bricks]
        return msgspec.structs.replace(volume, bricks=tuple(bricks))

    def add_peers(self, *names: str) -> None:
        for name in names:
            if name not in self.peers:
                self.peers.append(name)

    def remove_peer(self, name: str) -> None:
        if name not in self.peers:
            return
        if any(brick.startswith(f"{name}:") for brick in self._in_volumes()):
            raise PeerHasBricks(peer=name)
        self.peers.remove(name)
        if len(self.peers) == 1:
            self.peers.clear()

    def give_up_server(self, name: str) -> None:
        if name not in self.peers:
            return
        if name not in self.away:
            raise ServerAnswers(server=name)
        for volume in self.volumes.values():
            left = tuple(brick for brick in volume.bricks if brick.server != name)
            if len(left) < len(volume.bricks):
                if len(left) < 2 or any(brick.server in self.away for brick in left):
                    raise ServerNeeded(server=name, volume=volume.name, reason="has too few copies")
                self.volumes[volume.name] = msgspec.structs.replace(volume, bricks=left, replica=len(left))
        self.remove_peer(name)

    def make_volume(self, request: VolumeRequest) -> VolumeReport:
        found = self.volumes.get(request.name)
        bricks = tuple(_brick(text) for text in request.bricks)
        if found is not None and [(b.server, b.path) for b in found.bricks] != [(b.server, b.path) for b in bricks]:
            raise r.VolumeDiffers(volume=request.name, reason="its bricks are others")
        made = found.id if found is not None else self._mark(request)
        report = VolumeReport(
            name=request.name,
            id=made,
            status="Started",
            type="Replicate",
            replica=request.replica,
            bricks=bricks,
            options=(found.options if found is not None else {})
            | ({"network.remote-dio": "enable"} if request.group else {})
            | request.options,
        )
        self.volumes[request.name] = report
        return report

    def clear_brick(self, server: str, path: str) -> None:
        text = f"{server}:{path}"
        if not path.startswith("/"):
            raise r.Malformed(reason=f"the brick {path!r} is not an absolute path")
        if text in self.filled or text in self._in_volumes():
            raise BrickHasData(path=path)
        self.marked.pop(text, None)

    def remove_volume(self, name: str) -> None:
        """What was on it stays on its bricks, where nobody reaches it any more."""
        volume = self.volumes.pop(name, None)
        if volume is None:
            return
        self.filled.update(f"{brick.server}:{brick.path}" for brick in volume.bricks)
        self.ha_files.pop(name, None)
        for image in [one for one in self.images if self._volume_of(one) == name]:
            self.remove_image(image)
        for lockspace in [one for one, where in self.lockspaces.items() if where == name]:
            del self.lockspaces[lockspace]
            self.leases = {key: holder for key, holder in self.leases.items() if key[0] != lockspace}
        self.domains.pop(name, None)
        self.metadata.pop(name, None)
        self.ovfs.pop(name, None)

    def clear(self, source: str) -> None:
        """All that makes it a storage domain."""
        for image in [one for one in self.images if self._volume_of(one) == source]:
            self.remove_image(image)
        del self.metadata[source]
        self.ovfs.pop(source, None)

    def remove_brick(self, server: str, path: str, volume_id: str) -> None:
        if any(volume.id == volume_id for volume in self.volumes.values()):
            raise BrickInUse(path=path)
        text = f"{server}:{path}"
        if self.marked.get(text) == volume_id:
            del self.marked[text]
            self.filled.discard(text)

    def why_not_mountable(self, spec: MountSpec) -> str | None:
        known = spec.source in self.exports or (spec.kind == "glusterfs" and key_of(spec) in self.volumes)
        return None if known else f"there is no {spec.source}"

    def _volume_of(self, image: ImageRef) -> str:
        return next((key for key, domain in self.domains.items() if domain == image.storage_domain), "")

    def contents(self, volume: str) -> Contents:
        """`volume` is what `key_of` says of other storage."""
        images = [f"images/{one.disk_id}/{one.image_id}" for one in self.images if self._volume_of(one) == volume]
        here = [lockspace for lockspace, where in self.lockspaces.items() if where == volume]
        leases = [f"leases/{one}/{resource}.lease" for one, resource in self.leases if one in here]
        areas = [f"leases/{one}/lockspace" for one in here]
        kept = [f"ha/{name}" for name in self.ha_files.get(volume, {})]
        kept += ["storage-domain.json"] if volume in self.metadata else []
        kept += [f"ovf/{one}.ovf" for one in self.ovfs.get(volume, {})]
        return Contents(files=(*images, *leases, *areas, *kept, *self.strangers.get(volume, ())))

    def _mark(self, request: VolumeRequest) -> str:
        self.created += 1
        made = f"id-{self.created}"
        for number, text in enumerate(request.bricks):
            if number == self.cut_short_after:
                self.cut_short_after = None
                raise r.PeerUnreachable(peer=text.partition(":")[0], reason="it died in the middle")
            if text in self.marked:
                raise BrickBusy(brick=text)
            self.marked[text] = made
        return made

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

    def resize_image(self, image: ImageRef, request: ImageResize) -> ImageReport:
        found = self.images.get(image)
        if found is None:
            raise r.ImageUnknown(image=image.image_id, storage_domain=image.storage_domain)
        now = found.virtual_size_bytes
        if request.size_bytes < now:
            raise r.ImageLarger(image=image.image_id, size_bytes=request.size_bytes, now_bytes=now)
        taken = found.actual_size_bytes + (request.size_bytes - now if request.preallocated else 0)
        self.images[image] = msgspec.structs.replace(
            found, virtual_size_bytes=request.size_bytes, actual_size_bytes=taken
        )
        return self.images[image]

    def make_seed(self, image: ImageRef, request: SeedRequest) -> ImageReport:
        self.seeds[image] = request
        self.images[image] = ImageReport(
            image=image, format=ImageFormat.RAW, virtual_size_bytes=4 << 20, actual_size_bytes=1 << 20
        )
        return self.images[image]

    def write(self, image: ImageRef, *contents: str) -> None:
        """As a guest does."""
        self.contents_of[image] = (*self.contents_of.get(image, ()), *contents)

    def write_zeros(self, image: ImageRef, size_bytes: int) -> None:
        found = self.images[image]
        self.images[image] = msgspec.structs.replace(found, actual_size_bytes=found.actual_size_bytes + size_bytes)
        self.zeros[image] = self.zeros.get(image, 0) + size_bytes

    def read(self, image: ImageRef) -> tuple[str, ...]:
        """What a guest reads of it: of what it stands on, too."""
        contents = (word for one in reversed(self.chain(image)) for word in self.contents_of.get(one, ()))
        return tuple(dict.fromkeys(contents))

    def chain(self, image: ImageRef) -> list[ImageRef]:
        """It, what it stands on, and so on; one that is missing ends it."""
        chain = [image]
        while (found := self.images.get(chain[-1])) is not None and found.backing is not None:
            chain.append(found.backing)
        return chain

    def standing_on(self, image: ImageRef) -> list[ImageRef]:
        return [one for one, report in self.images.items() if report.backing == image]

    def is_working_on(self, image: ImageRef) -> int:
        """Percent; 0 when this call is the last one."""
        left = self.working.pop(image, self.work_calls) - 1
        if left > 0:
            self.working[image] = left
            return 100 - 99 * left // self.work_calls
        return 0

    def remove_image(self, image: ImageRef) -> None:
        self.images.pop(image, None)
        self.contents_of.pop(image, None)
        self.zeros.pop(image, None)
        self.working.pop(image, None)
        self.seeds.pop(image, None)

    def wipe_image(self, image: ImageRef) -> int:
        """What is left to overwrite, in MiB as there are calls left."""
        if image in self.images:
            self.remove_image(image)
            self.wiping[image] = self.wipe_calls
        left = self.wiping.pop(image, 0) - 1
        if left > 0:
            self.wiping[image] = left
        elif left == 0:
            self.wiped.append(image)
        return max(0, left) << 20

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
                raise r.ImageUnknown(image=request.backing.image_id, storage_domain=request.backing.storage_domain)
            own = self.images[request.backing].virtual_size_bytes
        elif request.size_bytes is None:
            raise r.Malformed(reason="an image without a source or a backing needs a size")
        size = request.size_bytes if request.size_bytes is not None else own
        if size < own:
            raise r.Malformed(reason=f"{size} bytes are too few for a content of {own}")
        return size


def key_of(spec: MountSpec) -> str:
    """By what a site knows it: a Gluster volume's name, whichever server is asked; of all else the source."""
    return spec.source.rpartition(":/")[2] if spec.kind == "glusterfs" else spec.source


def _brick(text: str) -> BrickReport:
    server, _, path = text.partition(":")
    return BrickReport(server=server, path=path, online=True, pending_heals=0)
