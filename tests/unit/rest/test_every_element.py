"""Every element of a body is carried out, or says what is shown anyway, or is refused by name: none is taken and lost.

For every addition and update that is there all elements of the API's schema are walked, each with another value than is
shown. What the declaration has as settable has to be shown as it was sent; anything else may be refused, by its path.
"""

import asyncio
import os
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import pytest

from hosted_engine.engine.entities import ENTITIES, REPORTED, REQUESTS
from hosted_engine.engine.entity.field import Settable
from hosted_engine.rest.schema import schema
from tests.unit.rest.bodies import BODIES, HANDLERS, READER, WRITER, Operation, Site, templates
from tests.unit.rest.elements import Element, elements, merged, other_value, same

# Settable, but not shown where it is sent: how it acts, and which test shows that.
ELSEWHERE: Mapping[str, str] = {
    "disk_attachment.disk": "the disk is made, or changed: tests/unit/rest/test_disks.py",
    **{
        f"host.{name}": "the way in, or how the host is anyway: tests/unit/engine/test_adding_hosts.py"
        for name in ("override_iptables", "root_password", "ssh.authentication_method")
    },
    "network.profile_required": "the network gets a vNIC profile: tests/unit/rest/test_networks.py",
    "nic.network": "the NIC gets a vNIC profile of it: tests/unit/engine/test_disks_and_nics.py",
    "snapshot.disk_attachments": "the only disks that it holds: tests/unit/engine/test_snapshots.py",
    "template.storage_domain": "its disks lie there: tests/unit/engine/test_templates.py",
    "template.vm": "it is what the template is made of: tests/unit/engine/test_templates.py",
    "storage_domain.import": "it is what lies there already: tests/unit/rest/test_imported_domains.py",
    "storage_domain.host": "it tries the storage first: tests/unit/rest/test_storage_domains.py",
    **{
        f"{root}.initialization.root_password": "it is never shown: tests/unit/rest/test_initialization.py"
        for root in ("template", "vm")
    },
    "vm.disk_attachments": "the VM has disks of its own: tests/unit/engine/test_vm_devices.py",
    "vm.storage_domain": "the disks of its template lie there: tests/unit/engine/test_vm_commands.py",
}

# Settable, and still refused here: why they can have no other value.
ONLY_SO: Mapping[str, str] = {
    "host.ssh.fingerprint": "it has to be that of the machine's key",
    "group.domain": "it has to be that of the group",
    "group.name": "the domain has to have it",
    "user.domain": "it has to be that of the user",
    "user.principal": "the domain has to have it",
    "user.user_name": "it has to be that of the principal",
    **{
        f"permission.{name}": "what the path or another element says is another one"
        for name in (
            "cluster",
            "data_center",
            "disk",
            "group",
            "host",
            "storage_domain",
            "template",
            "user",
            "vm",
            "vm_pool",
        )
    },
    "cluster.data_center": "a cluster stays in its data center, and the second one has no management network",
    "cluster.management_network": "the second network is in another data center",
    "snapshot.persist_memorystate": "the VM is down, and has none: tests/unit/engine/test_memory_snapshots.py",
    "vm_pool.vm": "how all of its VMs are, not which one: tests/unit/engine/test_vm_pools.py",
    "vm.snapshots": "the active one is no snapshot that somebody took",
    "storage_connection.path": "it begins with a slash: tests/unit/rest/test_storage_domains.py",
    "storage_domain.id": "one that is imported has it: tests/unit/rest/test_imported_domains.py",
    "storage_domain.storage.path": "it begins with a slash: tests/unit/rest/test_storage_domains.py",
    "storage_connection.type": "other storage needs other elements: tests/unit/rest/test_storage_domains.py",
    "storage_connection.vfs_type": "it is of POSIX file systems",
    "storage_domain.storage.id": "a connection that no domain uses: tests/unit/rest/test_storage_domains.py",
    "storage_domain.storage.type": "other storage needs other elements: tests/unit/rest/test_storage_domains.py",
    "storage_domain.storage.vfs_type": "it is of POSIX file systems",
    "storage_domain.type": "all hold data",
    "disk.content_type": "the others are the engine's own",
    "image_transfer.format": "the disk is raw",
    "image_transfer.shallow": "an upload stands on nothing",
    "step.parent_step": "the other steps are those of other jobs",
    "network.usages": "by itself a network is for VMs, or not",
}

# The same, where only some operations refuse it: by service.
ONLY_SO_IN: Mapping[tuple[str, str], str] = {
    ("TemplateNic", "nic.mac.address"): "each VM of the template has an address of its own",
    ("TemplateNics", "nic.mac.address"): "each VM of the template has an address of its own",
}

# Operations that take and lose elements today; one that does no more has to go from here.
NOT_YET: Mapping[tuple[str, str], str] = {}


# What the bodies of actions say that is carried out.
INPUTS: Mapping[tuple[str, str], Collection[str]] = {
    **{
        (entity.places[action.place].services[1], name): {
            said.wire.partition(".")[0] for said in action.inputs.values()
        }
        for entity in ENTITIES
        for name, action in entity.actions.items()
    },
    **{
        (one.services[1], name): {said.wire.partition(".")[0] for said in action.inputs.values()}
        for one in REPORTED
        for name, action in one.actions.items()
    },
    **{(one.service, one.method): {said.wire.partition(".")[0] for said in one.inputs.values()} for one in REQUESTS},
}
REFUSED = frozenset({400, 409, 501})


def actions() -> Iterator[Any]:
    for path, method, service in schema().routes():
        if method.is_action and (service, method.name) in HANDLERS:
            yield pytest.param(service, method.name, path, id=f"{service}.{method.name} {path}")


# All actions read their elements by the same code: each tries every n-th, from another one on.
SHARE = int(os.environ.get("TRIVET_SHARE", "4"))


def cases() -> Iterator[Any]:
    for service, method, template in templates():
        reason = NOT_YET.get((service, method))
        marks = pytest.mark.xfail(reason=reason, strict=True) if reason else ()
        yield pytest.param(service, method, template, marks=marks, id=f"{service}.{method} {template}")


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with asyncio.Runner() as loop:
        found = Site.begin(loop)
        yield found
        found.end()


def test_every_addition_that_is_there_is_tried() -> None:
    """What fails here wants a line in BODIES."""
    assert {service for service, method, _ in templates() if method == "add"} - set(BODIES) == set()


@pytest.mark.parametrize(("service", "method", "template"), list(cases()))
def test_every_element_is_carried_out_or_refused_by_name(site: Site, service: str, method: str, template: str) -> None:
    operation = site.operation(service, method, template)
    shown = site.add(operation) if method == "add" else site.get(operation.path, operation.type)
    known = site.known()
    lost = []
    for element in elements(operation.root, operation.type, operation.entity):
        value = other_value(element, shown, known, site.number())
        if reason := why_not_right(site, operation, element, value):
            lost.append(f"{element.place} = {value!r:.80}: {reason}")
    assert not lost, "\n".join((f"{len(lost)} of {service}.{method} at {template}:", *lost))


@pytest.mark.parametrize(("service", "method", "template"), [case for case in templates() if case[1] == "update"])
def test_what_is_shown_is_taken_back_as_it_is(site: Site, service: str, method: str, template: str) -> None:
    """Clients send whole objects back, with links, actions and all."""
    operation = site.operation(service, method, template)
    shown = site.ask("GET", operation.path)
    answer = site.ask("PUT", operation.path, shown.content)
    assert (answer.status_code, answer.text) == (200, shown.text)


def why_not_right(site: Site, operation: Operation, element: Element, value: object) -> str | None:
    base = site.body(operation) if operation.method == "add" else {}
    response = site.send(operation, merged(base, element.within(value)))
    if response.status_code in (200, 201):
        path = f"{operation.path}/{READER.one(response.content, operation.type)['id']}"
        follow = element.attribute.rel if element.attribute.link and element.attribute.many else ""
        now = element.of(site.get(path if operation.method == "add" else operation.path, operation.type, follow))
        return None if same(value, now) or element.place in ELSEWHERE else f"taken and lost, shown is {now!r:.80}"
    detail = str(READER.one(response.content, "Fault").get("detail"))
    if response.status_code == 404 and (element.table or element.path == ("id",)):
        return None if "There is no" in detail else detail
    if response.status_code not in REFUSED:
        return f"{response.status_code} {detail}"
    only_so = element.place in ONLY_SO or (operation.service, element.place) in ONLY_SO_IN
    if is_settable(operation, element) and not only_so:
        return f"declared as settable, and refused: {detail}"
    return None if names(element, detail) else f"refused, but not by its path: {detail}"


def is_settable(operation: Operation, element: Element) -> bool:
    """Whether the declaration says so. What the path says is not the body's to set, nor what can be one thing only."""
    if element.column and element.column.name in operation.fields_above:
        return False
    if element.field and len(element.field.choices) == 1:
        return False
    said = element.field.settable if element.field else Settable.NEVER
    return said is Settable.ALWAYS or (said is Settable.ON_ADD and operation.method == "add")


def names(element: Element, detail: str) -> bool:
    """By its own path, or by that of an object above it, with its name in what is repeated of that."""
    holders = [".".join((element.root, *element.path[:length])) for length in range(len(element.path), 0, -1)]
    return element.place in detail or (any(f"{holder} " in detail for holder in holders) and element.path[-1] in detail)


@pytest.mark.parametrize(("service", "action", "template"), list(actions()))
def test_every_element_of_an_action_is_its_input_or_refused_by_name(
    site: Site, service: str, action: str, template: str
) -> None:
    target, known = site.object_at(template.rpartition("/")[0]), site.known()
    lost = []
    number = [parameter.values[:2] for parameter in actions()].index((service, action))
    for element in list(elements("action", "Action", None, depth=0))[number % SHARE :: SHARE]:
        if element.path[0] not in INPUTS.get((service, action), ()) and element.path != ("async",):
            body = element.within(other_value(element, {"id": ""}, known, site.number()))
            answer = site.ask("POST", f"{target}/{template.rpartition('/')[2]}", WRITER.one(body, "Action"))
            detail = str(READER.one(answer.content, "Action").get("fault", {}).get("detail"))
            if answer.status_code not in REFUSED or not names(element, detail):
                lost.append(f"{element.place}: {answer.status_code} {detail}")
    assert not lost, "\n".join((f"{len(lost)} of {service}.{action}:", *lost))
