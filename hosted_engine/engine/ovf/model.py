"""A VM or a template with all that belongs to it, as an OVF file holds it."""

from collections.abc import Mapping
from dataclasses import dataclass

from hosted_engine.engine.disks.model import Disk, DiskAttachment, DiskImage
from hosted_engine.engine.networks.model import Nic
from hosted_engine.engine.snapshots.model import Snapshot
from hosted_engine.engine.templates.model import Template
from hosted_engine.engine.vms.model import Vm
from node.api.problems import Refused


class OvfUnreadable(Refused):
    what = "The OVF {id} cannot be read"
    why = "{reason}"
    mend = "Write it anew where the VM or template is, or remove it from the storage domain"


@dataclass(frozen=True, slots=True, kw_only=True)
class OvfDisk:
    """`layers` are the images of the disk that its snapshots have left; `template_image_id` is the image of the
    template's disk that it stands on."""

    disk: Disk
    attachment: DiskAttachment
    layers: tuple[DiskImage, ...] = ()
    template_image_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OvfNic:
    """By names: ids of networks and profiles are one engine's own."""

    nic: Nic
    network: str = ""
    profile: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OvfEntity:
    """`cluster` and `template` are names, empty where there is none."""

    item: Vm | Template
    cluster: str = ""
    template: str = ""
    disks: tuple[OvfDisk, ...] = ()
    nics: tuple[OvfNic, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()

    @property
    def id(self) -> str:
        return self.item.id

    @property
    def images(self) -> Mapping[str, Disk]:
        """The disks by their ids."""
        return {one.disk.id: one.disk for one in self.disks}
