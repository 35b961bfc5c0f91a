"""Reads an OVF that this engine, or another one of the kind, has written onto a storage domain. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from lxml import etree

from hosted_engine.engine.disks.model import Disk, DiskAttachment, DiskImage, attachment_id
from hosted_engine.engine.networks.model import Nic
from hosted_engine.engine.ovf import names as n
from hosted_engine.engine.ovf.model import OvfDisk, OvfEntity, OvfNic, OvfUnreadable
from hosted_engine.engine.ovf.values import fields
from hosted_engine.engine.snapshots.model import Snapshot
from hosted_engine.engine.templates.model import Template
from hosted_engine.engine.vms.model import Vm


def read_ovf(text: str, storage_domain_id: str, identity: str = "") -> OvfEntity:
    """`storage_domain_id` is where it lies, and its disks do of which it says nothing else. Raises OvfUnreadable,
    naming it `identity`."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_blank_text=True)
    try:
        envelope = etree.fromstring(text.encode(), parser)
        return _entity(envelope, storage_domain_id)
    except (etree.XMLSyntaxError, ValueError, LookupError) as err:  # msgspec's ValidationError is a ValueError
        raise OvfUnreadable(id=identity, reason=str(err)) from err


def _entity(envelope: Any, domain_id: str) -> OvfEntity:
    content = envelope.find("Content")
    if content is None:
        raise ValueError("it has no Content")
    texts = _texts(content)
    system = _section(content, "ovf:OperatingSystemSection_Type")
    identity = _attribute(system, "id")
    items = {one["InstanceId"]: (one, element) for one, element in _items(content)}
    cpu, memory = items["1"][0], items["2"][0]
    values = {
        "id": identity,
        **_settings(content),
        **fields(texts, n.CONTENT),
        **fields(cpu, n.OF_CPU),
        **fields(memory, n.OF_MEMORY),
        "os_type": _texts(system).get("Description", ""),
    }
    is_template = "TemplateType" in texts
    values |= {"cluster_id": None} if is_template else {"cluster_id": "", "template_id": texts["TemplateId"]}
    kind: type[Vm | Template] = Template if is_template else Vm
    item: Vm | Template = msgspec.convert(values, kind, strict=False)
    return OvfEntity(
        item=item,
        cluster=texts.get("ClusterName", ""),
        template=texts.get("TemplateName", ""),
        disks=tuple(_disks(envelope, items, identity, domain_id)),
        nics=tuple(_nic(one, element, identity) for one, element in items.values() if _is(one, n.NETWORK)),
        snapshots=tuple(_snapshot(element, identity) for element in content.iterfind("Section/Snapshot")),
    )


def _disks(
    envelope: Any, items: Mapping[str, tuple[dict[str, str], Any]], owner_id: str, domain_id: str
) -> Iterator[OvfDisk]:
    images: dict[str, list[dict[str, str]]] = {}
    for element in envelope.iterfind("Section/Disk"):
        texts = {etree.QName(name).localname: text for name, text in element.attrib.items()}
        images.setdefault(texts["fileRef"].partition("/")[0], []).append(texts)
    sizes = {_attribute(one, "id"): _attribute(one, "size") for one in envelope.iterfind("References/File")}
    for disk_id, of_disk in images.items():
        (active,) = [one for one in of_disk if "vm_snapshot_id" not in one]
        stands_on = [_on_template(disk_id, one) for one in of_disk]
        base, base_image = next((one for one in stands_on if one[0]), ("", ""))
        disk = {
            **msgspec.json.decode(active.get("settings", "{}")),
            **fields(active, n.OF_DISK),
            **_of_image(disk_id, active, sizes),
            "id": disk_id,
            "storage_domain_id": items[active["diskId"]][0].get("StorageId") or domain_id,
            "image_id": active["diskId"],
            "parent_image_id": _parent(disk_id, active),
            "template_disk_id": base or None,
        }
        attachment = {
            **fields(active, n.OF_ATTACHMENT),
            "id": attachment_id(owner_id, disk_id),
            "owner_id": owner_id,
            "disk_id": disk_id,
            "active": items[active["diskId"]][0].get("IsPlugged", "true"),
        }
        yield OvfDisk(
            disk=msgspec.convert(disk, Disk, strict=False),
            attachment=msgspec.convert(attachment, DiskAttachment, strict=False),
            layers=tuple(_layer(disk_id, one, sizes) for one in of_disk if one is not active),
            template_image_id=base_image,
        )


def _layer(disk_id: str, texts: Mapping[str, str], sizes: Mapping[str, str]) -> DiskImage:
    values = {
        **fields(texts, n.OF_LAYER),
        **_of_image(disk_id, texts, sizes),
        "id": texts["diskId"],
        "disk_id": disk_id,
        "snapshot_id": texts["vm_snapshot_id"],
        "parent_id": _parent(disk_id, texts),
    }
    return msgspec.convert(values, DiskImage, strict=False)


def _of_image(disk_id: str, texts: Mapping[str, str], sizes: Mapping[str, str]) -> dict[str, Any]:
    return {"sparse": texts["volume-type"] == "Sparse", "actual_size_bytes": sizes.get(texts["diskId"], "0")}


def _parent(disk_id: str, texts: Mapping[str, str]) -> str | None:
    """The image of the same disk that it stands on."""
    disk, _, image = texts.get("parentRef", "").partition("/")
    return image if disk == disk_id else None


def _on_template(disk_id: str, texts: Mapping[str, str]) -> tuple[str, str]:
    disk, _, image = texts.get("parentRef", "").partition("/")
    return (disk, image) if disk != disk_id else ("", "")


def _nic(texts: Mapping[str, str], element: Any, owner_id: str) -> OvfNic:
    values = {
        **msgspec.json.decode(element.get(f"{{{n.TRIVET}}}settings", "{}")),
        **fields(texts, n.OF_NIC),
        "id": texts["InstanceId"],
        "owner_id": owner_id,
        "plugged": texts.get("IsPlugged", "true"),
    }
    nic = msgspec.convert(values, Nic, strict=False)
    return OvfNic(nic=nic, network=texts.get("Connection", ""), profile=texts.get("OtherResourceType", ""))


def _snapshot(element: Any, vm_id: str) -> Snapshot:
    kept = element.findtext(f"{{{n.TRIVET}}}Configuration")
    values = {
        **(msgspec.json.decode(kept) if kept else {}),
        **fields(_texts(element), n.OF_SNAPSHOT),
        "id": _attribute(element, "id"),
        "vm_id": vm_id,
    }
    return msgspec.convert(values, Snapshot, strict=False)


def _items(content: Any) -> Iterator[tuple[dict[str, str], Any]]:
    """Each with the texts of its elements, whatever their namespace."""
    for element in content.iterfind("Section/Item"):
        yield _texts(element), element


def _settings(content: Any) -> dict[str, Any]:
    found = content.iterfind("Section/Setting")
    return {element.get("name"): msgspec.json.decode(element.text) for element in found}


def _section(content: Any, kind: str) -> Any:
    for section in content.iterfind("Section"):
        if section.get(f"{{{n.XSI}}}type") == kind:
            return section
    raise ValueError(f"it has no section of type {kind}")


def _texts(element: Any) -> dict[str, str]:
    return {etree.QName(one).localname: one.text or "" for one in element if isinstance(one.tag, str)}


def _attribute(element: Any, name: str) -> str:
    return str(element.attrib[f"{{{n.OVF}}}{name}"])


def _is(item: Mapping[str, str], kind: str) -> bool:
    return item.get("ResourceType") == kind
