"""The images that a running domain's disks stand on, as libvirt's XML tells, and what is asked of libvirt; pure."""

import os.path
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

AGENT = "org.qemu.guest_agent.0"


@dataclass(frozen=True, slots=True)
class Link:
    """An image of a chain; `index` is what libvirt calls it by (`vda[3]`)."""

    path: str
    index: str


@dataclass(frozen=True, slots=True)
class DiskChain:
    """`links` begin with what is written to. `is_committing`: that is being written into one below; `is_ready`: it has
    been, and the one below can take its place."""

    target: str
    links: tuple[Link, ...]
    is_committing: bool = False
    is_ready: bool = False

    def name_of(self, place: int) -> str:
        return f"{self.target}[{self.links[place].index}]"


def disk_chains(xml: str) -> Sequence[DiskChain]:
    return [_chain(disk) for disk in ET.fromstring(xml).iterfind("devices/disk") if disk.find("source") is not None]


def has_agent(xml: str) -> bool:
    """Whether the agent in the guest is connected."""
    channels = ET.fromstring(xml).iterfind("devices/channel/target")
    return any(one.get("name") == AGENT and one.get("state") == "connected" for one in channels)


def snapshot_xml(files: Mapping[str, str], others: Sequence[str], memory: Path | None = None) -> str:
    """From now on the disks, by their targets, are written to these files, which are there; the `others` as before. The
    memory of that moment goes into the file `memory`, if it is wanted."""
    snapshot = ET.Element("domainsnapshot")
    if memory is not None:
        ET.SubElement(snapshot, "memory", snapshot="external", file=str(memory))
    disks = ET.SubElement(snapshot, "disks")
    for target, file in files.items():
        disk = ET.SubElement(disks, "disk", name=target, snapshot="external", type="file")
        ET.SubElement(disk, "driver", type="qcow2")
        ET.SubElement(disk, "source", file=file)
    for target in others:
        ET.SubElement(disks, "disk", name=target, snapshot="no")
    return ET.tostring(snapshot, encoding="unicode")


def on_images(xml: str, images: Mapping[str, tuple[str, str]]) -> str:
    """A domain with its disks on other images: files and formats by the folders, one for each disk, in which the files
    of its disks are. What the images stand on is found out anew."""
    domain = ET.fromstring(xml)
    for disk in domain.iterfind("devices/disk"):
        source, driver = disk.find("source"), disk.find("driver")
        file = source.get("file", "") if source is not None else ""
        found = images.get(os.path.basename(os.path.dirname(file)))
        if source is None or driver is None or found is None or os.path.basename(found[0]) == os.path.basename(file):
            continue
        for one in disk.findall("backingStore"):
            disk.remove(one)
        source.clear()
        source.set("file", found[0])
        driver.set("type", found[1])
    return ET.tostring(domain, encoding="unicode")


def _chain(disk: ET.Element) -> DiskChain:
    target, mirror = disk.find("target"), disk.find("mirror")
    links = []
    level: ET.Element | None = disk
    while level is not None:
        source = level.find("source")
        file = source.get("file") if source is not None else None
        if source is None or file is None:
            break
        index = source.get("index") or level.get("index") or ""
        links.append(Link(os.path.normpath(file), index))
        level = level.find("backingStore")
    return DiskChain(
        target=target.get("dev", "") if target is not None else "",
        links=tuple(links),
        is_committing=mirror is not None,
        is_ready=mirror is not None and mirror.get("ready") == "yes",
    )
