"""What has to be plugged into or out of a running domain so that it is as wanted; pure."""

import xml.etree.ElementTree as ET
from collections import Counter

from node.api.messages.vms import DiskBus, VmNic
from node.vms.elements import add

PLUGGABLE_BUSES = frozenset({DiskBus.VIRTIO, DiskBus.VIRTIO_SCSI})


def disk_at(domain: ET.Element, path: str) -> ET.Element | None:
    return next((one for one in domain.iterfind("devices/disk") if _source(one) == path), None)


def nic_of(domain: ET.Element, nic_id: str) -> ET.Element | None:
    return domain.find(f"devices/interface/alias[@name='ua-{nic_id}']/..")


def taken_names(domain: ET.Element) -> Counter[str]:
    """How far each kind of device names has been given away: the last letter may be free, those before are not."""
    taken: Counter[str] = Counter()
    for target in domain.iterfind("devices/disk/target"):
        name = target.get("dev", "")
        taken[name[:2]] = max(taken[name[:2]], _number(name[2:]))
    return taken


def why_disk_not_pluggable(domain: ET.Element, bus: DiskBus) -> str | None:
    if bus not in PLUGGABLE_BUSES:
        return f"{bus} disks cannot be plugged into a running VM, only {' and '.join(sorted(PLUGGABLE_BUSES))} ones"
    if bus is DiskBus.VIRTIO_SCSI and domain.find("devices/controller[@type='scsi']") is None:
        return "it was started without a virtio-SCSI controller"
    return None


def changed_nic(element: ET.Element, nic: VmNic) -> str | None:
    """The interface as it has to be, None where it is so. Raises ValueError with the reason where it cannot become so
    while it is plugged."""
    mac, model = element.find("mac"), element.find("model")
    if mac is None or mac.get("address") != nic.mac:
        raise ValueError("its address cannot change while it is plugged")
    if model is None or model.get("type") != nic.model.value:
        raise ValueError("its model cannot change while it is plugged")
    before = ET.tostring(element, encoding="unicode")
    source = element.find("source")
    if source is not None and source.get("bridge") != nic.bridge:
        for name in list(source.attrib):  # a port on the old bridge
            del source.attrib[name]
        source.set("bridge", nic.bridge)
    link = element.find("link")
    (link if link is not None else add(element, "link")).set("state", "up" if nic.linked else "down")
    port = element.find("port")
    if port is not None and (port.get("isolated") == "yes") is not nic.isolated:
        element.remove(port)
    if nic.isolated and element.find("port") is None:
        add(element, "port", isolated="yes")
    after = ET.tostring(element, encoding="unicode")
    return after if after != before else None


def _source(disk: ET.Element) -> str:
    source = disk.find("source")
    return source.get("file", "") if source is not None else ""


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("a") + 1
    return number
