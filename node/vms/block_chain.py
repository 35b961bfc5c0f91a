"""The images that a running domain's disks stand on, as libvirt's XML tells, and what is asked of libvirt; pure."""

import os.path
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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


def snapshot_xml(files: Mapping[str, str], others: Sequence[str]) -> str:
    """From now on the disks, by their targets, are written to these files, which are there; the `others` as before."""
    snapshot = ET.Element("domainsnapshot")
    disks = ET.SubElement(snapshot, "disks")
    for target, file in files.items():
        disk = ET.SubElement(disks, "disk", name=target, snapshot="external", type="file")
        ET.SubElement(disk, "driver", type="qcow2")
        ET.SubElement(disk, "source", file=file)
    for target in others:
        ET.SubElement(disks, "disk", name=target, snapshot="no")
    return ET.tostring(snapshot, encoding="unicode")


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
