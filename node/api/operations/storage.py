"""Storage domains as they are mounted on a node: disk images on them, sanlock's lockspaces and leases."""

from node.api.messages.images import (
    Contents,
    ImageCopy,
    ImageProgress,
    ImageRebase,
    ImageRef,
    ImageReport,
    ImageRequest,
    ImageResize,
    SeedRequest,
    WipeReport,
)
from node.api.messages.leases import (
    LeaseReport,
    LeaseRequest,
    LeaseTimersReport,
    LeaseTimersRequest,
    LockspaceReport,
    LockspaceRequest,
)
from node.api.messages.mounts import MountReport, MountRequest
from node.api.messages.storage_domains import MetadataRequest, OvfStore, OvfStoreUpdate, StorageDomainMetadata
from node.api.operation import DELETE, GET, LONG_S, POST, PUT, Operations, operation
from node.api.refusals import ImageUnknown, NoStorageDomain

IMAGE = "/storagedomains/{image.storage_domain}/disks/{image.disk_id}/images/{image.image_id}"
SEED = "/storagedomains/{image.storage_domain}/disks/{image.disk_id}/seeds/{image.image_id}"
LEASE = "/storagedomains/{request.storage_domain}/lockspaces/{request.lockspace}/leases/{request.resource}"


class StorageOperations(Operations):
    """Storage"""

    @operation(GET, "/mounts", since=3)
    async def mounts(self) -> tuple[MountReport, ...]:
        """The storage domains that are mounted here or have to be."""

    @operation(PUT, "/mounts/{request.storage_domain}", timeout_s=180, since=3)
    async def mount(self, request: MountRequest) -> MountReport:
        """Now, and after every boot."""

    @operation(DELETE, "/mounts/{storage_domain}", timeout_s=180, since=3)
    async def unmount(self, storage_domain: str) -> None:
        """Now, and not again after a boot."""

    @operation(GET, "/storagedomains/{storage_domain}/contents", timeout_s=120, since=3)
    async def contents(self, storage_domain: str) -> Contents:
        """What lies on a mounted storage domain, whoever put it there."""

    @operation(
        GET,
        "/storagedomains/{storage_domain}/metadata",
        timeout_s=60,
        since=3,
        missing=lambda storage_domain: NoStorageDomain(storage_domain=storage_domain),
    )
    async def domain_metadata(self, storage_domain: str) -> StorageDomainMetadata | None:
        """What a storage domain says of itself."""

    @operation(PUT, "/storagedomains/{storage_domain}/metadata", timeout_s=120, since=3)
    async def write_domain_metadata(self, storage_domain: str, request: MetadataRequest) -> StorageDomainMetadata:
        """Make what is mounted a storage domain, or write down what has become of it. StorageOfOther: it is another
        one. StorageNotEmpty: it is none, and holds files."""

    @operation(GET, "/storagedomains/{storage_domain}/ovf-store", timeout_s=120, since=4)
    async def ovf_store(self, storage_domain: str) -> OvfStore:
        """The VMs and templates that have disks on a storage domain, as they were written down there."""

    @operation(PUT, "/storagedomains/{storage_domain}/ovf-store", timeout_s=120, since=4)
    async def write_ovf_store(self, storage_domain: str, request: OvfStoreUpdate) -> None:
        """Write down what VMs and templates have become. StorageOfOther: it is another storage domain."""

    @operation(DELETE, "/storagedomains/{storage_domain}/contents", timeout_s=LONG_S, since=3)
    async def clear_domain(self, storage_domain: str) -> None:
        """Remove all that makes it a storage domain, its images too. StorageOfOther: it is another one."""

    @operation(PUT, IMAGE, timeout_s=LONG_S, since=3)
    async def make_image(self, image: ImageRef, request: ImageRequest) -> ImageReport:
        """Make an image, or find that it is so already. ImageDiffers: it is there and is another one."""

    @operation(PUT, IMAGE + "/size", timeout_s=LONG_S, since=3)
    async def resize_image(self, image: ImageRef, request: ImageResize) -> ImageReport:
        """Let an image grow. ImageBusy while a VM of this node runs on it; ImageLarger: it would become smaller."""

    @operation(POST, IMAGE + "/copy", timeout_s=180, since=3)
    async def copy_image(self, image: ImageRef, request: ImageCopy) -> ImageProgress:
        """Make an image that is a copy of another one. A call waits for some 15 s; the work goes on until the next one,
        which has to come within three minutes, and the image is there only when a call has said so."""

    @operation(POST, IMAGE + "/merge", timeout_s=180, since=3)
    async def merge_image(self, image: ImageRef) -> ImageProgress:
        """Write what an image has into the one of its disk that it stands on, by calls as `copy_image`; both have the
        same content then. NotMerged, ImageInUse: something else stands on that one, too; ImageBusy."""

    @operation(PUT, IMAGE + "/backing", timeout_s=120, since=3)
    async def rebase_image(self, image: ImageRef, request: ImageRebase) -> ImageReport:
        """Let an image stand on another one that has the same content as what it stood on. ImageBusy."""

    @operation(GET, IMAGE + "/chain", timeout_s=120, since=3)
    async def image_chain(self, image: ImageRef) -> tuple[ImageReport, ...]:
        """An image, what it stands on, and so on."""

    @operation(PUT, SEED, timeout_s=120, since=3)
    async def make_seed(self, image: ImageRef, request: SeedRequest) -> ImageReport:
        """Make the small disk from which the engine VM takes its first configuration."""

    @operation(
        GET,
        IMAGE,
        missing=lambda image: ImageUnknown(image=image.image_id, storage_domain=image.storage_domain),
        since=3,
    )
    async def image(self, image: ImageRef) -> ImageReport | None:
        """What an image is."""

    @operation(POST, IMAGE + "/wipe", timeout_s=180, since=3)
    async def wipe_image(self, image: ImageRef) -> WipeReport:
        """Overwrite an image with zeros and remove it. It is gone for everybody from the first call on; a call works
        for some 20 s, and the next one, on this node or another, goes on. What the guest gave back before (discard) is
        not overwritten. NotWiped while a brick is away, ImageBusy while a VM runs on it."""

    @operation(DELETE, IMAGE, timeout_s=120, since=3)
    async def remove_image(self, image: ImageRef) -> None:
        """Delete an image, and end what copies into it. ImageBusy while a VM here runs on it, ImageInUse while another
        one of the same disk stands on it."""

    @operation(GET, "/lockspaces", since=3)
    async def lockspaces(self) -> tuple[LockspaceReport, ...]:
        """sanlock's lockspaces that the node has joined or has to."""

    @operation(PUT, "/lockspaces/{request.name}", timeout_s=300, since=3)
    async def join_lockspace(self, request: LockspaceRequest) -> LockspaceReport:
        """Now, and after every boot."""

    @operation(DELETE, "/lockspaces/{lockspace}", timeout_s=120)
    async def leave_lockspace(self, lockspace: str) -> None:
        """Fails while a VM here holds a lease of it."""

    @operation(GET, "/lease-timers")
    async def lease_timers(self) -> LeaseTimersReport:
        """What sanlock works with now."""

    @operation(PUT, "/lease-timers", timeout_s=300)
    async def set_lease_timers(self, request: LeaseTimersRequest) -> LeaseTimersReport:
        """Leave the lockspaces, have sanlock take other timers, now and after every boot, and join again. LeasesInUse
        while a VM here holds a lease; nothing happens where all is so already."""

    @operation(PUT, LEASE, timeout_s=120, since=3)
    async def make_lease(self, request: LeaseRequest) -> LeaseReport:
        """Make a lease in a lockspace that the node has joined."""

    @operation(GET, "/storagedomains/{storage_domain}/lockspaces/{lockspace}/leases/{resource}", since=3)
    async def lease(self, storage_domain: str, lockspace: str, resource: str) -> LeaseReport:
        """Whether a lease is there, and who holds it."""
