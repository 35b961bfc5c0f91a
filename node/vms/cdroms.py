"""Changes the disc in the drive of a running VM."""

import xml.etree.ElementTree as ET
from collections.abc import Awaitable, Callable
from pathlib import Path, PurePosixPath

from node.api.messages.images import ImageRef
from node.api.messages.vms import CdRequest, VmState
from node.api.refusals import ImageUnknown, NoCdrom, VmUnknown, vm_uuid
from node.storage import layout
from node.system.threads import Threads
from node.vms.domain_devices import SEED_ALIAS
from node.vms.elements import add
from node.vms.hypervisor import Hypervisor
from node.vms.states import state_of


class Cdroms:
    """`need` raises NotMounted for a storage domain."""

    def __init__(
        self,
        hypervisor: Hypervisor,
        threads: Threads,
        *,
        volumes: Path,
        need: Callable[[str], Awaitable[None]],
    ) -> None:
        self._hypervisor = hypervisor
        self._threads = threads
        self._volumes = PurePosixPath(volumes)
        self._need = need

    async def change_cd(self, vm_id: str, request: CdRequest) -> None:
        """Raises VmUnknown, NoCdrom, NotMounted, ImageUnknown."""
        if request.disc is not None:
            await self._need(request.disc.storage_domain)
        await self._threads(self._change, vm_uuid(vm_id), request.disc)

    def _change(self, vm_id: str, disc: ImageRef | None) -> None:
        domain = self._hypervisor.find(vm_id)
        if domain is None:
            raise VmUnknown(vm=vm_id)
        if (state := state_of(domain.state, domain.reason)[0]) is VmState.DOWN:
            raise NoCdrom(vm=domain.title, reason=f"it is {state}")
        path = Path(layout.image(self._volumes, disc)) if disc is not None else None
        if disc is not None and path is not None and not path.exists():
            raise ImageUnknown(image=disc.image_id, storage_domain=disc.storage_domain)
        device = with_disc(self._hypervisor.live_xml(vm_id), str(path) if path is not None else None)
        if device is None:
            raise NoCdrom(vm=domain.title, reason="it runs without a drive")
        self._hypervisor.update_device(vm_id, device, force=True)


def with_disc(domain_xml: str, path: str | None) -> str | None:
    """The element to update a running domain with; None where it has no drive of its own."""
    drives = ET.fromstring(domain_xml).iterfind("devices/disk[@device='cdrom']")
    return _changed(next((drive for drive in drives if not _is_for_seed(drive)), None), path)


def without_seed(domain_xml: str) -> str | None:
    """The element that empties the drive of its seed; None where it has none."""
    drives = ET.fromstring(domain_xml).iterfind("devices/disk[@device='cdrom']")
    return _changed(next((d for d in drives if _is_for_seed(d) and d.find("source") is not None), None), None)


def _is_for_seed(drive: ET.Element) -> bool:
    alias = drive.find("alias")
    return alias is not None and alias.get("name") == SEED_ALIAS


def _changed(found: ET.Element | None, path: str | None) -> str | None:
    if found is None:
        return None
    for name in ("source", "backingStore"):
        for element in found.findall(name):
            found.remove(element)
    if path is not None:
        add(found, "source", file=path)
    return ET.tostring(found, encoding="unicode")
