"""An engine in this process that is asked for additions and updates, with a whole body for each."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import httpx

from hosted_engine.engine.disks.model import DiskContentType, DiskFormat, DiskStatus
from hosted_engine.engine.engine import Engine
from hosted_engine.engine.entities import ENTITIES
from hosted_engine.engine.entity.declaration import Entity, Place
from hosted_engine.engine.ids import new_id
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from hosted_engine.engine.users.accounts import Account, AccountGroup
from hosted_engine.engine.users.domains import INTERNAL, domain_id
from hosted_engine.rest.app import make_app
from hosted_engine.rest.media.wire import Wire
from hosted_engine.rest.media.xml_read import XmlReader
from hosted_engine.rest.media.xml_write import XmlWriter
from hosted_engine.rest.resources import handlers
from hosted_engine.rest.router import find
from hosted_engine.rest.schema import schema
from tests.fakes.engine import DATA_ID, World
from tests.fakes.machine import CLAIM_CODE
from tests.fakes.node.site import AnyExport
from tests.unit.rest.asked import API
from tests.unit.rest.elements import NOBODY
from tests.unit.rest.test_auth import ADMIN, PASSWORD, set_password

READER, WRITER = XmlReader(schema()), XmlWriter(schema())
HEADERS = {"Content-Type": "application/xml", "Accept": "application/xml", "Expect": "201-created"}
HANDLERS = handlers(cast(Engine, None))
GIB = 1 << 30

# Stand in bodies for what no object has yet; `{vm}` for the id of a VM, `{a new vm}` for that of one of its own.
NAME, NUMBER, COUNT = "{a name}", "{a number}", "{a count}"
SPARE = 190  # the number of a machine that belongs to no site
CONNECTION = "{the connection of data}"
MACHINE = "{a machine}"  # the address of one that belongs to no site
MOST = 16000  # objects that are added

DISC_ID = "60000000-0000-4000-8000-000000000001"  # an ISO disk

_IMAGE = {"name": NAME, "provisioned_size": GIB, "format": "raw"}
_DISK = {**_IMAGE, "storage_domains": [{"name": "data"}]}
_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJJ4hAUAaM0V3J0M3Q8Zg0X0u2yqf6lVtq8cRZkq0L8d myuser@example.com"

# A body of an addition to each collection, with what it cannot do without; what the path says is left out of it.
BODIES: Mapping[str, Wire] = {
    "AffinityLabelHosts": {"id": "{host}"},
    "AffinityLabelVms": {"id": "{vm}"},
    "AffinityLabels": {"name": NAME},
    "AssignedAffinityLabels": {"id": "{label}"},
    "AssignedPermissions": {"role": {"name": "UserRole"}, "user": {"id": "{user}"}},
    "AssignedTags": {"id": "{tag}"},
    "AssignedVnicProfiles": {"name": NAME},
    "Bookmarks": {"name": NAME, "value": "Vms:"},
    "ClusterNetworks": {"id": "{a new network}"},
    "Clusters": {"name": NAME, "data_center": {"name": "Default"}},
    "DataCenterNetworks": {"name": NAME},
    "DataCenters": {"name": NAME, "local": False},
    "DiskAttachments": {"interface": "virtio", "bootable": False, "disk": _DISK},
    "Disks": _DISK,
    "Events": {"description": NAME, "severity": "warning", "origin": "monitor", "custom_id": COUNT},
    "InstanceTypeGraphicsConsoles": {"protocol": "vnc"},
    "TemplateGraphicsConsoles": {"protocol": "vnc"},
    "VmGraphicsConsoles": {"protocol": "vnc"},
    "Groups": {"name": NAME, "domain": {"name": "internal-authz"}},
    "Hosts": {"name": NAME, "address": MACHINE, "root_password": CLAIM_CODE},
    "ImageTransfers": {"disk": {"id": "{a new disk}"}},
    "InstanceTypeNics": {"name": NAME},
    "InstanceTypes": {"name": NAME},
    "Jobs": {"description": NAME},
    "MacPools": {"name": NAME, "ranges": [{"from": f"02:00:{NUMBER}:00:00", "to": f"02:00:{NUMBER}:00:01"}]},
    "Networks": {"name": NAME, "data_center": {"name": "Default"}},
    "Permits": {"id": "22"},
    "Roles": {"name": NAME},
    "Snapshots": {"description": NAME},
    "VmPools": {"name": NAME, "cluster": {"name": "Default"}, "template": {"name": "tiny"}},
    "SshPublicKeys": {"content": _KEY},
    "Steps": {"description": NAME, "type": "executing"},
    "AttachedStorageDomains": {"id": "{a new storage_domain}"},
    "StorageDomainDisks": _IMAGE,
    "StorageDomainServerConnections": {"id": CONNECTION},
    "StorageDomains": {
        "name": NAME,
        "type": "data",
        "host": {"id": "{host}"},
        "storage": {"type": "nfs", "address": "nas", "path": f"/srv/{NAME}"},
    },
    "StorageServerConnections": {"type": "nfs", "address": "nas", "path": f"/srv/{NAME}"},
    "SystemPermissions": {"role": {"name": "UserRole"}, "user": {"id": "{user}"}},
    "Tags": {"name": NAME},
    "TemplateNics": {"name": NAME},
    "Templates": {"name": NAME, "vm": {"id": "{vm}"}},
    "Users": {"user_name": f"{NAME}@internal-authz", "domain": {"name": "internal-authz"}},
    "VmCdroms": {"file": {"id": DISC_ID}},
    "VmNics": {"name": NAME},
    "Vms": {"name": NAME, "cluster": {"name": "Default"}, "template": {"name": "Blank"}},
    "VnicProfiles": {"name": NAME, "network": {"id": "{network}"}},
}
_COLLECTIONS = {
    "disk": "/disks",
    "host": "/hosts",
    "label": "/affinitylabels",
    "network": "/networks",
    "storage_domain": "/storagedomains",
    "tag": "/tags",
    "user": "/users",
    "vm": "/vms",
}


def templates() -> Iterator[tuple[str, str, str]]:
    """(service, method, path with names for ids) of every addition and update that is there, in each of its places."""
    for service, method in sorted(key for key in HANDLERS if key[1] in ("add", "update")):
        paths = sorted((p for p, m, s in schema().routes() if (s, m.name) == (service, method)), key=len)
        paths = [path for path in paths if not path.startswith("/cpuprofiles")]  # of which there are none
        all_places = [place for entity in ENTITIES for place in entity.places if method in place.methods]
        places = [place for place in all_places if service in place.services]
        for place in places:
            yield service, method, next(path for path in paths if all(f"{{{name}}}" in path for name in place.within))
        if not places:
            yield service, method, paths[0]


@dataclass(frozen=True)
class Operation:
    """Of an API that is there; `path` is of the collection, or of the object that is updated; `above` are the names of
    what stands above it there."""

    service: str
    method: str
    path: str
    above: frozenset[str] = frozenset()

    @property
    def type(self) -> str:
        takes = schema().service(self.service).methods[self.method].takes
        return next(kind for kind in takes.values() if schema().is_type(kind))

    @property
    def root(self) -> str:
        return schema().type(self.type).tag

    @property
    def entity(self) -> Entity[Any] | None:
        """None for what is not declared, and for what is only assigned: nothing of it can be set there."""
        return self._declared[0] if self._declared else None

    @property
    def fields_above(self) -> frozenset[str]:
        """Those of the entity that the path says."""
        return (
            frozenset(within.field for within in self._declared[1].within.values()) if self._declared else frozenset()
        )

    @property
    def _declared(self) -> tuple[Entity[Any], Place] | None:
        for entity in ENTITIES:
            for place in entity.places:
                if (
                    self.service in place.services
                    and not (place.shows or place.joins)
                    and set(place.within) <= self.above
                ):
                    return entity, place
        return None


@dataclass
class Site:
    loop: asyncio.Runner
    http: httpx.AsyncClient
    world: World
    made: int = 0
    ids: dict[str, str] = field(default_factory=dict)

    @classmethod
    def begin(cls, loop: asyncio.Runner) -> "Site":
        world = World()
        set_password(world.store)
        world.shared.exports = AnyExport()
        _double(world)
        world.add_machine("spare", SPARE).host.asking = False
        app = make_app(store=world.store, handlers=handlers(world.engine), authority_pem=b"")
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
        site = cls(loop, httpx.AsyncClient(transport=transport, base_url="https://engine"), world)
        site._sign_on()
        return site

    def _sign_on(self) -> None:
        """With a token: a name and a password on each of so many requests would take a third of the time."""
        form = {"grant_type": "password", "scope": "ovirt-app-api", "username": ADMIN, "password": PASSWORD}
        answer = self.loop.run(self.http.post("/ovirt-engine/sso/oauth/token", data=form))
        self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def end(self) -> None:
        self.loop.run(self.world.engine.stop())
        self.loop.run(self.http.aclose())

    def ask(self, http: str, path: str, body: bytes = b"") -> httpx.Response:
        return self.loop.run(self.http.request(http, API + path, content=body, headers=HEADERS))

    def send(self, operation: Operation, body: Wire) -> httpx.Response:
        http = "POST" if operation.method == "add" else "PUT"
        return self.ask(http, operation.path, WRITER.one(body, operation.type))

    def add(self, operation: Operation) -> Wire:
        """A new object."""
        response = self.send(operation, self.body(operation))
        assert response.status_code in (200, 201), f"the body in BODIES is refused: {response.text}"
        return READER.one(response.content, operation.type)

    def get(self, path: str, type_name: str, follow: str = "") -> Wire:
        response = self.ask("GET", f"{path}?follow={follow}" if follow else path)
        assert response.status_code == 200, response.text
        return READER.one(response.content, type_name)

    def operation(self, service: str, method: str, template: str) -> Operation:
        """With ids in its path: all that stands in it is made for it, or is there."""
        self._begin(template)
        collection = template if method == "add" else template.rpartition("/")[0]
        path, above = self._filled(collection), names_in(collection)
        return Operation(service, method, path if method == "add" else f"{path}/{self._item(path, above)}", above)

    def object_at(self, template: str) -> str:
        """The path of an object with ids in it."""
        if "/storagedomains/" in template:
            self._begin(template)
        return self._filled(template)

    def _begin(self, template: str) -> None:
        """The other storage domain is the engine's own, and another data center has no hosts."""
        self.ids = {"storage_domain": DATA_ID}
        if template.startswith("/datacenters/{data_center}/storagedomains"):
            with self.world.store.transaction() as tx:
                (center,) = tx.data_centers.list(name="Default")
            self.ids["data_center"] = center.id

    def body(self, operation: Operation) -> Wire:
        number = self.number()
        said_above = operation.above | ({"user"} if "group" in operation.above else set())
        whole = {name: said for name, said in BODIES[operation.service].items() if name not in said_above}
        text = json.dumps(whole).replace(NAME, f"new{number}")
        text = text.replace(NUMBER, f"{number >> 8:02x}:{number & 255:02x}")
        text = text.replace(f'"{COUNT}"', str(number))
        if CONNECTION in text:
            text = text.replace(CONNECTION, self._connection())
        if MACHINE in text:
            text = text.replace(MACHINE, self._machine(number))
        for name, path in _COLLECTIONS.items():
            if f"{{{name}}}" in text:
                text = text.replace(f"{{{name}}}", self._id(name, path, frozenset()))
            if f"{{a new {name}}}" in text:
                text = text.replace(f"{{a new {name}}}", self._item(path, frozenset()))
        return cast(Wire, json.loads(text))

    def _connection(self) -> str:
        with self.world.store.transaction() as tx:
            domain = found(tx.storage_domains.get(DATA_ID), "storage domain", DATA_ID)
        return domain.storage_connection_id

    def _machine(self, number: int) -> str:
        machine = self.world.add_machine(f"machine{number}", SPARE + number)
        machine.host.asking = False
        return machine.address

    def number(self) -> int:
        """One that nothing has had yet."""
        self.made += 1
        return self.made

    def known(self) -> Mapping[str, list[str]]:
        """The ids of what there is, by tables, disks that nobody has last; the engine's own storage domain is nobody's
        to use."""
        with self.world.store.transaction() as tx:
            ids = {entity.table: [item.id for item in tx.of(entity.model).list()] for entity in ENTITIES}
            used = {attachment.disk_id for attachment in tx.disk_attachments.list()}
            free = {disk.id for disk in tx.disks.list(status=DiskStatus.OK)} - used
        ids["disks"].sort(key=lambda disk_id: disk_id in free)
        return ids | {"storage_domains": [DATA_ID]}

    def _filled(self, template: str) -> str:
        """With the ids of objects in the place of names."""
        path, above = "", frozenset[str]()
        for part in template.strip("/").split("/"):
            name = part.strip("{}")
            path += f"/{part}" if name == part else f"/{self._id(name, path, above)}"
            above |= names_in(part)
        return path

    def _id(self, name: str, path: str, above: frozenset[str]) -> str:
        if name not in self.ids:
            found = self._item(path, above)
            if found == NOBODY:  # there is none here; elsewhere there may be
                return found
            self.ids[name] = found
        return self.ids[name]

    def _item(self, path: str, above: frozenset[str]) -> str:
        """One of the collection at `path`: a new one where it takes one."""
        service = find(schema(), path.strip("/").split("/"), "GET").service.name
        if (service, "add") in HANDLERS and service != "Hosts":  # of which there are some, and another takes its time
            return str(self.add(Operation(service, "add", path, above))["id"])
        kind = next(iter(schema().service(service).methods["list"].gives.values())).removesuffix("[]")
        there = READER.many(self.ask("GET", path).content, kind)
        return str(there[-1]["id"]) if there else NOBODY


def names_in(template: str) -> frozenset[str]:
    return frozenset(part.strip("{}") for part in template.split("/") if part.startswith("{"))


def _double(world: World) -> None:
    """Of what there is one of there is a second one, so that every reference can name another. The second data center
    has a management network; nobody has one of the disks."""
    with world.store.transaction() as tx:
        (network,) = tx.networks.list()
        for entity in ENTITIES:
            items = tx.of(entity.model).list()
            if len(items) == 1 and entity.path and entity.table != "vms":
                tx.of(entity.model).add(replace(items[0], id=new_id(), name="second"))
        (second,) = tx.data_centers.list(name="second")
        tx.networks.add(replace(network, id=new_id(), data_center_id=second.id))
        disk = tx.disks.list()[0]
        tx.disks.add(replace(disk, id=new_id(), image_id=new_id(), name="spare"))
        iso = DiskContentType.ISO
        tx.disks.add(replace(disk, id=DISC_ID, name="disc", format=DiskFormat.RAW, content_type=iso))
        _directory(tx)


def _directory(tx: Transaction) -> None:
    """Accounts and groups of the internal domain, for users and groups to be added."""
    names = [f"new{number}" for number in range(MOST)]
    domain = domain_id(INTERNAL)
    tx.of(Account).add_all([Account(id=f"account {name}", name=name, domain_id=domain) for name in names])
    tx.of(AccountGroup).add_all([AccountGroup(id=f"group {name}", name=name, domain_id=domain) for name in names])
