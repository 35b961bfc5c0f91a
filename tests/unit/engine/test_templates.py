"""Templates of VMs, their versions, thin and full copies of their disks, and clones of VMs."""

from typing import Any, cast

import pytest

from hosted_engine.engine.disks.model import DiskFormat
from hosted_engine.engine.ids import BLANK_TEMPLATE_ID
from hosted_engine.engine.networks.nic_entity import NICS
from hosted_engine.engine.permissions.grants import grant
from hosted_engine.engine.permissions.model import Permission
from hosted_engine.engine.problems import BadValue, InUse, NameTaken, NotSupported, WrongState
from hosted_engine.engine.roles.predefined import USER_VM_MANAGER_ID
from hosted_engine.engine.templates.commands.remove import RemoveTemplate
from hosted_engine.engine.templates.model import Template, TemplateStatus
from hosted_engine.engine.vms.commands.remove import RemoveVm
from hosted_engine.engine.vms.entity import VMS
from hosted_engine.engine.vms.model import VmStatus
from node.api.messages.images import ImageFormat, ImageReport
from tests.fakes.engine import TINY_ID, TINY_IMAGE, World
from tests.unit.engine.scenes import (
    GIB,
    acting,
    adding,
    changing,
    done,
    events_of,
    new_disk_on,
    new_template,
    new_vm,
    removing,
    running_vm,
    snapshot_of,
    tiny_vm,
    vm_of,
)


def image_of(world: World, owner_id: str) -> ImageReport:
    """Of its only disk."""
    with world.store.transaction() as tx:
        (attachment,) = tx.disk_attachments.list(owner_id=owner_id)
        disk = tx.disks.get(attachment.disk_id)
        assert disk is not None
    return world.shared.images[disk.image]


def template_of(world: World, template_id: str) -> Template:
    with world.store.transaction() as tx:
        template = tx.templates.get(template_id)
    assert template is not None
    return template


async def golden(world: World, name: str = "golden", **given: Any) -> str:
    """A template of a VM with `words` on its disk."""
    vm_id = await tiny_vm(world, f"source-of-{name}")
    world.shared.write(image_of(world, vm_id).image, "words")
    command = new_template(world, vm_id, name, **given)
    await done(world, command)
    return command.id


async def test_a_template_has_copies_of_the_vms_disks_and_is_like_it() -> None:
    world = World()
    world.shared.write(TINY_IMAGE, "tiny")
    vm_id = await tiny_vm(world)
    world.shared.write(image_of(world, vm_id).image, "words")
    command = new_template(world, vm_id, memory_bytes=2 * GIB)
    running = await world.engine.perform(command, world.caller)
    assert (vm_of(world, vm_id).status, template_of(world, command.id).status) == (
        VmStatus.IMAGE_LOCKED,
        TemplateStatus.LOCKED,
    )
    await running.wait()
    template, vm = template_of(world, command.id), vm_of(world, vm_id)
    assert (template.status, vm.status) == (TemplateStatus.OK, VmStatus.DOWN)
    assert (template.memory_bytes, template.sockets, template.cluster_id) == (2 * GIB, vm.sockets, vm.cluster_id)
    assert (template.version_number, template.version_name, template.base_template_id) == (
        1,
        "base version",
        command.id,
    )
    copy = image_of(world, command.id)
    assert (copy.backing, world.shared.read(copy.image)) == (None, ("tiny", "words"))
    assert events_of(world)[-2:] == ["USER_ADD_VM_TEMPLATE", "USER_ADD_VM_TEMPLATE_FINISHED_SUCCESS"]


async def test_three_vms_of_one_template_share_its_disk_and_keep_it_there() -> None:
    world = World()
    template_id = await golden(world)
    base = image_of(world, template_id)
    vms = [new_vm(world, f"thin{number}", template_id) for number in range(3)]
    for command in vms:
        await done(world, command)
    for command in vms:
        assert image_of(world, command.id).backing == base.image
        with pytest.raises(InUse, match="used by VM thin"):
            await done(world, RemoveTemplate(id=template_id))
        await done(world, RemoveVm(id=command.id))
    await done(world, RemoveTemplate(id=template_id))
    assert base.image not in world.shared.images
    assert events_of(world)[-1] == "USER_REMOVE_VM_TEMPLATE_FINISHED"


async def test_a_full_copy_stands_on_nothing_and_outlives_its_template() -> None:
    world = World()
    template_id = await golden(world)
    command = new_vm(world, "independent", template_id, clone=True)
    await done(world, command)
    image = image_of(world, command.id)
    assert (image.backing, world.shared.read(image.image)) == (None, ("words",))
    vm = vm_of(world, command.id)
    assert (vm.template_id, vm.original_template_id) == (BLANK_TEMPLATE_ID, template_id)
    await done(world, RemoveTemplate(id=template_id))
    assert vm_of(world, command.id).original_template_id is None
    assert world.shared.read(image.image) == ("words",)


async def test_a_disk_that_stands_on_the_template_keeps_it_there_whoever_has_it() -> None:
    world = World()
    template_id = await golden(world)
    command = new_vm(world, "thin", template_id)
    await done(world, command)
    await done(world, RemoveVm(id=command.id, detach_only=True))
    with pytest.raises(InUse, match="used by disk thin_source-of-golden_tiny"):
        await done(world, RemoveTemplate(id=template_id))


async def test_a_copy_may_have_another_format_and_size() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    disk_id = image_of(world, vm_id).image.disk_id
    said = {"disk": {"id": disk_id, "format": DiskFormat.RAW, "sparse": False, "provisioned_size_bytes": GIB}}
    command = new_template(world, vm_id, vm={"disk_attachments": (said,)})
    await done(world, command)
    image = image_of(world, command.id)
    assert (image.format, image.virtual_size_bytes, image.actual_size_bytes) == (ImageFormat.RAW, GIB, GIB)


@pytest.mark.parametrize(
    ("given", "refusal", "message"),
    [
        ({"name": "tiny"}, NameTaken, "another template has it"),
        ({"options": {"seal": "true"}}, NotSupported, "seal"),
        ({"base_id": BLANK_TEMPLATE_ID}, BadValue, "Blank has no versions"),
        ({"vm": {"memory_bytes": GIB}}, BadValue, "template.vm.memory"),
        ({"vm": {"disk_attachments": ({"disk": {"id": TINY_IMAGE.disk_id}},)}}, BadValue, "no such disk"),
    ],
    ids=str,
)
async def test_what_no_template_can_be_is_refused(
    given: dict[str, Any], refusal: type[Exception], message: str
) -> None:
    world = World()
    vm_id = await tiny_vm(world)
    before = snapshot_of(world)
    with pytest.raises(refusal, match=message):
        await done(world, new_template(world, vm_id, **given))
    assert snapshot_of(world) == before


async def test_a_vm_that_runs_is_no_template() -> None:
    world = World()
    with pytest.raises(WrongState, match="it is up"):
        await done(world, new_template(world, await running_vm(world)))


async def test_versions_are_counted_and_go_before_their_base() -> None:
    world = World()
    base_id = await golden(world)
    second = ""
    vm_id = await tiny_vm(world)
    for number in (2, 3):
        command = new_template(world, vm_id, base_id=base_id, version_name="with agent")
        await done(world, command)
        assert template_of(world, command.id).version_number == number
        second = command.id
    assert (template_of(world, second).base_template_id, template_of(world, second).name) == (base_id, "golden")
    with pytest.raises(BadValue, match="a version of another one itself"):
        await done(world, new_template(world, vm_id, base_id=second))
    with pytest.raises(InUse, match="its versions golden 2, golden 3"):
        await done(world, RemoveTemplate(id=base_id))


async def test_blank_and_protected_templates_stay() -> None:
    world = World()
    with pytest.raises(WrongState, match="belongs to the engine"):
        await done(world, RemoveTemplate(id=BLANK_TEMPLATE_ID))
    template_id = await golden(world, delete_protected=True)
    with pytest.raises(WrongState, match="protected"):
        await done(world, RemoveTemplate(id=template_id))


async def test_permissions_come_with_the_template_when_they_are_asked_for() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    with world.store.transaction() as tx:
        (user,) = tx.users.list()
        grant(tx, user.id, USER_VM_MANAGER_ID, "vms", vm_id)
    with_them = new_template(world, vm_id, "with", options={"clone_permissions": "true"})
    without = new_template(world, vm_id, "without")
    for command in (with_them, without):
        await done(world, command)
    with world.store.transaction() as tx:
        given = tx.of(Permission).list(role_id=USER_VM_MANAGER_ID, object_table="templates")
    assert [(one.object_id, one.holder_id) for one in given] == [(with_them.id, user.id)]


async def test_a_clone_is_like_its_vm_with_disks_and_addresses_of_its_own() -> None:
    world = World()
    command = new_vm(world, "source", TINY_ID, nics=({"name": "nic1"},), sockets=2, description="a web server")
    await done(world, command)
    world.shared.write(image_of(world, command.id).image, "words")
    cloning = acting(world, VMS, command.id, "clone", name="clone")
    await done(world, cloning)
    with world.store.transaction() as tx:
        (clone,), nics = tx.vms.list(name="clone"), tx.nics.list(name="nic1")
    assert (clone.sockets, clone.description, clone.status) == (2, "a web server", VmStatus.DOWN)
    image = image_of(world, clone.id)
    assert (image.backing, world.shared.read(image.image)) == (None, ("words",))
    assert len({nic.mac for nic in nics}) == 2
    assert vm_of(world, command.id).status is VmStatus.DOWN


async def test_a_vm_is_not_cloned_without_a_name_nor_while_it_runs() -> None:
    world = World()
    vm_id = await tiny_vm(world)
    with pytest.raises(BadValue, match=r"vm\.name"):
        acting(world, VMS, vm_id, "clone")
    with pytest.raises(WrongState, match="it is up"):
        await done(world, acting(world, VMS, await running_vm(world, "vm2"), "clone", name="clone"))


async def test_how_far_a_copy_is_stands_in_its_jobs_step(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    vm_id = await tiny_vm(world)
    await done(world, new_disk_on(world, vm_id))
    world.shared.work_calls = 3
    seen: set[int | None] = set()
    node = next(iter(world.nodes.values()))
    real = node.chains.copy_image

    def copy_image(image: Any, request: Any) -> Any:
        with world.store.transaction() as tx:
            seen.update(step.progress for step in tx.job_steps.list() if "image" in step.description)
        return real(image, request)

    monkeypatch.setitem(cast(dict[str, Any], node._handlers), "copy_image", copy_image)
    await done(world, new_template(world, vm_id))
    assert {34, 67} <= {one for one in seen if one is not None}


async def test_vms_have_the_nics_that_their_template_has_when_they_are_made() -> None:
    world = World()
    template_id = await golden(world)
    await done(world, adding(world, NICS, owner_id=template_id, name="nic1"))
    with pytest.raises(BadValue, match="no address"):
        await done(world, adding(world, NICS, owner_id=template_id, name="nic2", mac="56:6f:00:00:00:01"))
    with pytest.raises(WrongState, match="belongs to the engine"):
        await done(world, adding(world, NICS, owner_id=BLANK_TEMPLATE_ID, name="nic1"))
    command = new_vm(world, "vm2", template_id)
    await done(world, command)
    with world.store.transaction() as tx:
        (nic,), (of_vm,) = tx.nics.list(owner_id=template_id), tx.nics.list(owner_id=command.id)
    assert (nic.mac, of_vm.name, bool(of_vm.mac)) == ("", "nic1", True)
    await done(world, changing(world, NICS, nic.id, linked=False))
    await done(world, removing(world, NICS, nic.id))
    assert [name for name in events_of(world) if "TEMPLATE_INTERFACE" in name] == [
        "NETWORK_ADD_TEMPLATE_INTERFACE",
        "NETWORK_UPDATE_TEMPLATE_INTERFACE",
        "NETWORK_REMOVE_TEMPLATE_INTERFACE",
    ]
