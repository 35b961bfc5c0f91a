"""Walks the elements of a body, as the API's schema has them, and finds for each a value that is not shown."""

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from hosted_engine.engine.entities import ENTITIES
from hosted_engine.engine.entity.declaration import Entity
from hosted_engine.engine.entity.field import Field, Reference, Structure
from hosted_engine.engine.entity.record import Column
from hosted_engine.engine.entity.structure import members
from hosted_engine.engine.vms.initialization.model import CLOUD_INIT_ALONE, SYSPREP_ALONE
from hosted_engine.rest.media.wire import Wire
from hosted_engine.rest.schema import Attribute, schema
from tests.fakes.machine import CLAIM_CODE

DEPTH = 3  # of objects within objects; what is deeper is said as a whole
NOBODY = "5b3c0000-0000-4000-8000-00000000dead"
TABLES = {entity.type: entity.table for entity in ENTITIES if entity.path}  # by the API's types

NEW_DISK = {"alias": "mydisk", "provisioned_size": 1 << 30, "format": "cow", "storage_domains": [{"name": "data"}]}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICFo/k5LU8863u66YC9eUO2170QduohPURkQnbLa/dcz another@example.com"

# Values of elements where type and bounds do not say one; those of `vm` hold for `instance_type` and `template`, too.
# `#` stands for a number of two bytes that nothing else has, "##" for one below 4096, "#id" for an id.
VALUES: Mapping[str, Any] = {
    "cluster.cpu.type": "Intel Nehalem Family",
    "disk.id": "#id",
    "disk.provisioned_size": 2 << 30,
    "disk_attachment.disk": {"description": "another"},
    "disk_attachment.interface": "virtio_scsi",
    "host.address": "192.0.2.200",  # the spare machine's
    "host.root_password": CLAIM_CODE,
    "mac_pool.ranges": [{"from": "0a:00:#:00:00", "to": "0a:00:#:00:01"}],
    "nic.interface": "e1000",
    "network.mtu": 1400,
    "network.vlan.id": "##",
    "nic.mac.address": "06:00:00:00:#",
    "ssh_public_key.content": KEY,
    "snapshot.disk_attachments": [],
    "storage_domain.import": False,
    "template.vm": {"disk_attachments": []},
    "vm.disk_attachments": [{"interface": "virtio", "bootable": False, "disk": NEW_DISK}],
    "vm.custom_emulated_machine": "pc-q35-9.2",
    "vm.initialization.custom_script": "runcmd: [date]",
    "vm.initialization.dns_search": "example.com",
    "vm.initialization.dns_servers": "192.0.2.53",
    "vm.initialization.nic_configurations": [{"name": "eth0", "boot_protocol": "dhcp"}],
    "vm.initialization.timezone": "Europe/Berlin",
    "vm.memory": 2 << 30,
    "vm.memory_policy.guaranteed": 512 << 20,
    "vm.memory_policy.max": 8 << 30,
    "vm.nics": [{"name": "nic1"}],
    "vm.os.boot.devices": ["network"],
    "vm.time_zone.name": "Europe/Berlin",
}

NIC = {"name": "eth1", "boot_protocol": "dhcp"}
OF_NO_WINDOWS: Wire = dict.fromkeys(CLOUD_INIT_ALONE, "") | {"nic_configurations": [], "regenerate_ssh_keys": False}
LINUX: Wire = {"os": {"type": "other_linux"}, "initialization": dict.fromkeys(SYSPREP_ALONE, "")}
WINDOWS: Wire = {
    "os": {"type": "windows_2022"},
    "initialization": {"timezone": "", "custom_script": "", "root_password": "joins"} | OF_NO_WINDOWS,
}

# What an element cannot be said without.
WITH: Mapping[str, Wire] = {
    **{f"vm.initialization.{name}": LINUX for name in ("timezone", "custom_script", *CLOUD_INIT_ALONE)},
    **{f"vm.initialization.{name}": WINDOWS for name in SYSPREP_ALONE},
    **{
        f"vm.initialization.{name}": LINUX
        | {"initialization": {**LINUX["initialization"], "nic_configurations": [NIC]}}
        for name in ("dns_search", "dns_servers")
    },
    "vm.initialization.active_directory_ou": WINDOWS
    | {"initialization": {**WINDOWS["initialization"], "domain": "example.com"}},
    "cluster.serial_number.value": {"serial_number": {"policy": "custom"}},
    "cluster.virt_service": {"gluster_service": True},
    "vm.serial_number.value": {"serial_number": {"policy": "custom"}},
}


@dataclass(frozen=True)
class Element:
    """Of the body of `root`. `field` and `column` are what the declaration says of it."""

    root: str
    path: tuple[str, ...]
    attributes: tuple[Attribute, ...]
    field: Field | None = None
    column: Column | None = None

    @property
    def place(self) -> str:
        return ".".join((self.root, *self.path))

    @property
    def places(self) -> tuple[str, str]:
        """Its own, and that of a VM which it is like."""
        return self.place, re.sub(r"^(instance_type|template)\.", "vm.", self.place)

    @property
    def attribute(self) -> Attribute:
        return self.attributes[-1]

    @property
    def table(self) -> str | None:
        """Whose objects it names."""
        if isinstance(self.field, Reference):
            return self.field.tables[0]
        return TABLES.get(self.attribute.type) if self.attribute.link else None

    def within(self, value: Any) -> Wire:
        """A body that says `value` of it, and what it cannot be said without."""
        for attribute in reversed(self.attributes):
            value = {attribute.name: value}
            if attribute.many and attribute is not self.attribute:
                value = {attribute.name: [value[attribute.name]]}
        places = self.places if self.field is not None else ()
        return merged(next((WITH[place] for place in places if place in WITH), {}), value)

    def of(self, shown: Any) -> Any:
        for attribute in self.attributes:
            if isinstance(shown, list):
                shown = shown[0] if shown else None
            shown = shown.get(attribute.name) if isinstance(shown, dict) else None
        return shown


def elements(root: str, type_name: str, entity: Entity[Any] | None, depth: int = DEPTH) -> Iterator[Element]:
    """All down to `depth`. What a declaration names is one, and so is what stands for another object."""
    declared = _declared(entity)

    def walk(kind: str, above: tuple[Attribute, ...]) -> Iterator[Element]:
        for attribute in schema().type(kind).attributes.values():
            attributes = (*above, attribute)
            path = tuple(a.name for a in attributes)
            field, column = declared.get(".".join(path), (None, None))
            into = attribute.struct and not attribute.link and len(attributes) <= depth
            if field is None and into and attribute.type not in {a.type for a in above}:
                yield from walk(attribute.type, attributes)
            else:
                yield Element(root, path, attributes, field, column)

    return walk(type_name, ())


def _declared(entity: Entity[Any] | None) -> Mapping[str, tuple[Field, Column | None]]:
    if entity is None:
        return {}
    columns = {c.field.wire: (c.field, c) for c in entity.columns.values() if c.field.wire}
    inputs = {field.wire: (field, None) for field in entity.inputs.values()}
    structures = [c.field for c in entity.columns.values() if isinstance(c.field, Structure)]
    of_structures = {
        f"{s.wire}.{name}": (Field(f"{s.wire}.{name}"), None) for s in structures for name in members(s.of)
    }
    without = {wire: one for wire, one in columns.items() if not isinstance(one[0], Structure)}
    return {**without, **inputs, **of_structures}


def other_value(element: Element, shown: Wire, known: Mapping[str, list[str]], number: int) -> Any:
    """Something else than is shown; `known` are the ids of objects by their tables, `number` is one of its own."""
    for place in element.places:
        if place in VALUES:
            text = json.dumps(VALUES[place]).replace('"##"', str(number % 4000 + 2)).replace("#id", str(uuid.uuid4()))
            return json.loads(text.replace("#", f"{number >> 8:02x}:{number & 255:02x}"))
    current = element.of(shown)
    if element.table or element.attribute.link:
        own = {shown["id"], current.get("id") if isinstance(current, dict) else None}
        other = next((i for i in reversed(known.get(element.table or "", [])) if i not in own), NOBODY)
        one: Any = {"id": other}
    else:
        one = _one(element.attribute, current, f"other{number}", element)
    return [one] if element.attribute.many else one


def _one(attribute: Attribute, current: Any, text: str, element: Element | None = None) -> Any:
    """A value of the attribute's type; of an object its first element that is none itself."""
    field, column = (element.field, element.column) if element else (None, None)
    if field and (choice := next((choice for choice in field.choices if choice != current), None)):
        return choice
    if column and isinstance(column.type, type) and issubclass(column.type, StrEnum):
        return next(member.value for member in column.type if member.value != current)
    match attribute.type:
        case "String":
            return text
        case "Integer":
            more = (current or 0) + 1
            return more if field is None or field.most is None or more <= field.most else more - 2
        case "Boolean":
            return not current
        case "Double":
            return 1.5
        case "Date":
            return datetime(2026, 11, 20, tzinfo=UTC)
        case struct if schema().is_type(struct):
            inner = list(schema().type(struct).attributes.values())
            first = next((a for a in inner if not a.struct), inner[0])
            value = _one(first, None, text)
            return {first.name: [value] if first.many else value}
        case enum:
            return next(value for value in schema().enums[enum] if value != current)


def same(sent: Any, shown: Any) -> bool:
    """Whether all that was said is shown. An object that is named is known by its id."""
    if isinstance(sent, dict):
        return isinstance(shown, dict) and all(same(value, shown.get(name)) for name, value in sent.items())
    if isinstance(sent, list):
        return isinstance(shown, list) and all(any(same(one, other) for other in shown) for one in sent)
    return bool(sent == shown)


def merged(base: Wire, more: Wire) -> Wire:
    both = dict(base)
    for name, value in more.items():
        inner = both.get(name)
        both[name] = merged(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return both
