"""Writes a VM or a template as OVF, in oVirt's names: who knows oVirt's files can read it without Trivet. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from lxml import etree

from hosted_engine.engine.disks.model import Disk, DiskImage
from hosted_engine.engine.ovf import names as n
from hosted_engine.engine.ovf.model import OvfDisk, OvfEntity, OvfNic
from hosted_engine.engine.ovf.values import texts
from hosted_engine.engine.snapshots.model import Snapshot
from hosted_engine.engine.templates.model import Template

GIB = 1 << 30
_FORMAT = "http://www.gnome.org/~markmc/qcow-image-format.html"  # oVirt writes it of raw images, too


def ovf_of(entity: OvfEntity) -> str:
    """The same for the same entity."""
    envelope = etree.Element(f"{{{n.OVF}}}Envelope", {f"{{{n.OVF}}}version": n.VERSION}, nsmap=n.NAMESPACES)
    _references(envelope, entity)
    _networks(envelope, entity.nics)
    _disks(envelope, entity.disks)
    _content(envelope, entity)
    etree.indent(envelope)
    text: bytes = etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")
    return text.decode() + "\n"


def _references(envelope: Any, entity: OvfEntity) -> None:
    references = _add(envelope, "References")
    for one in entity.disks:
        for image_id, size in ((one.disk.image_id, one.disk.actual_size_bytes), *_sizes(one.layers)):
            attributes = {"href": f"{one.disk.id}/{image_id}", "id": image_id, "size": str(size)}
            _add(references, "File", **attributes, disk_storage_type="IMAGE")
    for nic in entity.nics:
        _add(references, "Nic", id=nic.nic.id)


def _sizes(layers: Iterable[DiskImage]) -> list[tuple[str, int]]:
    return [(layer.id, layer.actual_size_bytes) for layer in layers]


def _networks(envelope: Any, nics: Iterable[OvfNic]) -> None:
    section = _section(envelope, "NetworkSection", "List of networks")
    for name in sorted({nic.network for nic in nics if nic.network}):
        _add(section, "Network", name=name)


def _disks(envelope: Any, disks: Iterable[OvfDisk]) -> None:
    """One for each image: what a snapshot has left, too."""
    section = _section(envelope, "DiskSection", "List of Virtual Disks")
    for one in disks:
        for layer in one.layers:
            _image(section, one, layer, layer.id, layer.parent_id, snapshot_id=layer.snapshot_id)
        element = _image(section, one, one.disk, one.disk.image_id, one.disk.parent_image_id)
        element.attrib.update(_named(texts(one.disk, n.OF_DISK) | texts(one.attachment, n.OF_ATTACHMENT)))
        rest = n.settings(msgspec.to_builtins(one.disk), n.OF_DISK, _OF_IMAGE)
        element.set(f"{{{n.TRIVET}}}settings", _json(rest))


_OF_IMAGE = frozenset(
    {
        "actual_size_bytes",
        "id",
        "image_id",
        "initial_size_bytes",
        "parent_image_id",
        "sparse",
        "status",
        "storage_domain_id",
        "template_disk_id",
    }
)  # said by other attributes, or by where it lies


def _image(
    section: Any, of: OvfDisk, item: Disk | DiskImage, image_id: str, parent_id: str | None, snapshot_id: str = ""
) -> Any:
    parent = f"{of.disk.id}/{parent_id}" if parent_id else ""
    if not parent and of.disk.template_disk_id:
        parent = f"{of.disk.template_disk_id}/{of.template_image_id}"
    attributes = {
        "diskId": image_id,
        "fileRef": f"{of.disk.id}/{image_id}",
        "parentRef": parent,
        "size": str(-(-item.provisioned_size_bytes // GIB)),
        "actual_size": str(-(-item.actual_size_bytes // GIB)),
        "capacityAllocationUnits": "byte",
        "format": _FORMAT,
        "volume-type": "Sparse" if item.sparse else "Preallocated",
        **texts(item, n.OF_LAYER),
    }
    if snapshot_id:
        attributes["vm_snapshot_id"] = snapshot_id
    element = _add(section, "Disk")
    element.attrib.update(_named(attributes))
    return element


def _content(envelope: Any, entity: OvfEntity) -> None:
    item = entity.item
    content = _add(envelope, "Content", id="out")
    content.set(f"{{{n.XSI}}}type", "ovf:VirtualSystem_Type")
    for name, text in texts(item, n.CONTENT).items():
        _text(content, name, text)
    _text(content, "default_boot_sequence", n.boot_sequence(item.boot_devices))
    _text(content, "ClusterName", entity.cluster)
    if isinstance(item, Template):
        _text(content, "TemplateType", "TEMPLATE")
        _text(content, "TemplateId", item.id)
    else:
        _text(content, "TemplateId", item.template_id)
        _text(content, "TemplateName", entity.template)
    system = _section(content, "OperatingSystemSection", "Guest Operating System", id=item.id, required="false")
    _text(system, "Description", item.os_type)
    _hardware(content, entity)
    _snapshots(content, entity.snapshots)
    rest = n.settings(msgspec.to_builtins(item), n.CONTENT, n.OF_CPU, n.OF_MEMORY, n.OF_ITS_RUN, _OF_CONTENT)
    section = _add(content, "Section")
    section.set(f"{{{n.XSI}}}type", "trivet:SettingsSection_Type")
    for name, value in sorted(rest.items()):
        _text(section, "Setting", _json(value)).set("name", name)


_OF_CONTENT = frozenset({"id", "os_type", "template_id", "cluster_id"})


def _hardware(content: Any, entity: OvfEntity) -> None:
    item = entity.item
    section = _section(content, "VirtualHardwareSection", "Hardware of the machine")
    system = _add(section, "System")
    etree.SubElement(system, f"{{{n.VSSD}}}VirtualSystemType").text = "ENGINE 4.4.0.0"
    count = item.sockets * item.cores * item.threads
    _item(section, "1", n.CPU, f"{count} virtual cpu", texts(item, n.OF_CPU) | {"VirtualQuantity": str(count)})
    memory = texts(item, n.OF_MEMORY) | {"AllocationUnits": "MegaBytes"}
    _item(section, "2", n.MEMORY, f"{memory['VirtualQuantity']} MB of memory", memory)
    for one in entity.disks:
        lies = {"HostResource": f"{one.disk.id}/{one.disk.image_id}", "StorageId": one.disk.storage_domain_id}
        plain = {"Type": "disk", "Device": "disk", "IsPlugged": _word(one.attachment.active)}
        _item(section, one.disk.image_id, n.DISK, one.disk.name, lies, plain)
    for nic in entity.nics:
        of_network = {"Connection": nic.network, "OtherResourceType": nic.profile}
        plain = {"Type": "interface", "Device": "bridge", "IsPlugged": _word(nic.nic.plugged)}
        element = _item(
            section, nic.nic.id, n.NETWORK, f"Ethernet adapter on {nic.network}", texts(nic.nic, n.OF_NIC) | of_network,
            plain,
        )  # fmt: skip
        element.set(f"{{{n.TRIVET}}}settings", _json({"description": nic.nic.description, "comment": nic.nic.comment}))


def _item(
    section: Any,
    identity: str,
    kind: str,
    caption: str,
    of_rasd: Mapping[str, str],
    plain: Mapping[str, str] | None = None,
) -> Any:
    """`of_rasd` are elements of CIM's class, `plain` are oVirt's own."""
    item = _add(section, "Item")
    for name, text in {"Caption": caption, "InstanceId": identity, "ResourceType": kind, **of_rasd}.items():
        etree.SubElement(item, f"{{{n.RASD}}}{name}").text = text
    for name, text in (plain or {}).items():
        _text(item, name, text)
    return item


def _snapshots(content: Any, snapshots: Iterable[Snapshot]) -> None:
    """What a VM was is kept as this engine has it."""
    section = _section(content, "SnapshotsSection", "List of snapshots")
    for snapshot in snapshots:
        element = _add(section, "Snapshot", id=snapshot.id)
        for name, text in texts(snapshot, n.OF_SNAPSHOT).items():
            _text(element, name, text)
        kept = n.settings(msgspec.to_builtins(snapshot), n.OF_SNAPSHOT, _OF_SNAPSHOT)
        etree.SubElement(element, f"{{{n.TRIVET}}}Configuration").text = _json(kept)


_OF_SNAPSHOT = frozenset({"id", "vm_id", "status"})


def _section(above: Any, kind: str, info: str, **attributes: str) -> Any:
    section = _add(above, "Section", **attributes)
    section.set(f"{{{n.XSI}}}type", f"ovf:{kind}_Type")
    _text(section, "Info", info)
    return section


def _add(above: Any, tag: str, **attributes: str) -> Any:
    return etree.SubElement(above, tag, _named(attributes))


def _text(above: Any, name: str, text: str) -> Any:
    element = etree.SubElement(above, name)
    element.text = text
    return element


def _named(attributes: Mapping[str, str]) -> dict[str, str]:
    return {f"{{{n.OVF}}}{name}": text for name, text in attributes.items()}


def _json(value: Any) -> str:
    """Without secrets: another engine has another key, and who has the storage has the file."""
    return msgspec.json.encode(_without_secrets(value), order="sorted").decode()


def _without_secrets(value: Any) -> Any:
    match value:
        case dict() if set(value) == {"sealed"}:
            return None
        case dict():
            return {name: _without_secrets(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_without_secrets(inner) for inner in value]
        case _:
            return value


def _word(value: bool) -> str:
    return "true" if value else "false"
