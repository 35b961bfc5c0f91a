"""What a domain asks of its node beside libvirt, read back from libvirt's XML; pure."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass

from node.vms.domain_devices import SEED_ALIAS
from node.vms.domain_xml import METADATA


@dataclass(frozen=True, slots=True)
class LeaseFact:
    lockspace: str
    resource: str
    path: str


@dataclass(frozen=True, slots=True)
class DomainFacts:
    """`title` is the VM's own name, `domain` what libvirt calls it. Paths are absolute. `guaranteed_kib`: None is all
    of its memory."""

    id: str
    title: str
    disks: tuple[str, ...]
    bridges: tuple[str, ...]
    leases: tuple[LeaseFact, ...]
    guaranteed_kib: int | None = None
    domain: str = ""


def domain_facts(xml: str) -> DomainFacts:
    domain = ET.fromstring(xml)
    disks = (_file(disk) for disk in domain.iterfind("devices/disk"))
    bridges = (source.get("bridge") for source in domain.iterfind("devices/interface[@type='bridge']/source"))
    own = f"metadata/{{{METADATA}}}vm/{{{METADATA}}}"
    guaranteed = domain.findtext(f"{own}guaranteed")
    return DomainFacts(
        id=domain.findtext("uuid") or "",
        title=domain.findtext("title") or domain.findtext("name") or "",
        disks=tuple(path for path in disks if path),
        bridges=tuple(bridge for bridge in bridges if bridge),
        leases=tuple(_lease(lease) for lease in domain.iterfind("devices/lease")),
        domain=domain.findtext("name") or "",
        guaranteed_kib=int(guaranteed) if guaranteed is not None else None,
    )


def _file(disk: ET.Element) -> str | None:
    """The seed's disc is the node's own, made with the run."""
    source, alias = disk.find("source"), disk.find("alias")
    if source is None or (alias is not None and alias.get("name") == SEED_ALIAS):
        return None
    return source.get("file")


def _lease(lease: ET.Element) -> LeaseFact:
    target = lease.find("target")
    return LeaseFact(
        lockspace=lease.findtext("lockspace", ""),
        resource=lease.findtext("key", ""),
        path=target.get("path", "") if target is not None else "",
    )
