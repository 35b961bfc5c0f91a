"""Tags through the unmodified SDK: a tree, on VMs, hosts, templates and users; the first entity that was declared."""

from collections.abc import Iterator

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services, types

from tests.unit.rest.server import Served


@pytest.fixture
def system(engine: Served) -> Iterator[services.SystemService]:
    connection = engine.connection()
    yield connection.system_service()
    for tag in connection.system_service().tags_service().list():
        if tag.parent is None:
            connection.system_service().tags_service().tag_service(tag.id).remove()
    connection.close()


def events(system: services.SystemService, code: int) -> list[str]:
    return [event.description for event in system.events_service().list() if event.code == code]


def test_a_tag_is_added_changed_and_removed(system: services.SystemService) -> None:
    tags = system.tags_service()
    tag = tags.add(types.Tag(name="critical", description="of the plant"))
    service = tags.tag_service(tag.id)
    assert (service.get().name, service.get().description, service.get().parent) == ("critical", "of the plant", None)
    assert service.update(types.Tag(name="calm")).name == "calm"
    assert service.get().description == "of the plant"
    assert "Tag critical was added by admin@internal." in events(system, 432)
    service.remove()
    with pytest.raises(sdk.NotFoundError):
        service.get()


def test_tags_stand_in_a_tree_and_a_branch_goes_as_a_whole(system: services.SystemService) -> None:
    tags = system.tags_service()
    above = tags.add(types.Tag(name="plant"))
    below = tags.add(types.Tag(name="line1", parent=types.Tag(name="plant")))
    assert below.parent.id == above.id
    with pytest.raises(sdk.Error, match="below itself"):
        tags.tag_service(above.id).update(types.Tag(parent=types.Tag(id=below.id)))
    tags.tag_service(above.id).remove()
    assert tags.list() == []


@pytest.mark.parametrize("kind", ["vms", "hosts", "templates", "users"])
def test_a_tag_is_put_on_something_and_taken_off(system: services.SystemService, kind: str) -> None:
    tag = system.tags_service().add(types.Tag(name="mytag"))
    all_of = getattr(system, f"{kind}_service")()
    thing = all_of.list()[0]
    on_it = all_of.service(thing.id).tags_service()
    assert on_it.add(types.Tag(name="mytag")).id == tag.id
    assert on_it.add(types.Tag(id=tag.id)).name == "mytag"  # again: it stays
    assert [one.name for one in on_it.list()] == ["mytag"]
    assert on_it.tag_service(tag.id).get().name == "mytag"
    on_it.tag_service(tag.id).remove()
    assert on_it.list() == []
    with pytest.raises(sdk.NotFoundError):
        on_it.tag_service(tag.id).remove()


def test_what_is_assigned_goes_with_the_tag_and_with_the_vm(system: services.SystemService) -> None:
    vms, tags = system.vms_service(), system.tags_service()
    tag = tags.add(types.Tag(name="mytag"))
    vm = vms.add(types.Vm(name="tagged", cluster=types.Cluster(name="Default"), template=types.Template(name="Blank")))
    on_vm = vms.vm_service(vm.id).tags_service()
    on_vm.add(types.Tag(name="mytag"))
    tags.tag_service(tag.id).remove()
    assert on_vm.list() == []
    tags.add(types.Tag(name="mytag"))
    on_vm.add(types.Tag(name="mytag"))
    vms.vm_service(vm.id).remove()


@pytest.mark.parametrize(
    ("tag", "message"),
    [
        (types.Tag(), r"Tag \[name\] required for add"),
        (types.Tag(name="two words"), "tag.name.*letters, digits"),
        (types.Tag(name="x" * 51), "51 characters and may have 50"),
        (types.Tag(name="x", parent=types.Tag(name="nobody")), "no tag has the name nobody"),
        (types.Tag(name="x", vm=types.Vm(name="myvm")), "tag.vm = .* is not there yet"),
        (types.Tag(name="x", id="1234"), "tag.id = 1234 is not there yet"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_tag_that_cannot_be_is_refused_by_name(system: services.SystemService, tag: types.Tag, message: str) -> None:
    before = system.tags_service().list()
    with pytest.raises(sdk.Error, match=message):
        system.tags_service().add(tag)
    assert len(system.tags_service().list()) == len(before)


def test_a_name_is_had_once(system: services.SystemService) -> None:
    system.tags_service().add(types.Tag(name="mytag"))
    with pytest.raises(sdk.Error, match="another tag has it already"):
        system.tags_service().add(types.Tag(name="mytag"))
