"""Which runs of a VM tell its guest its initialization, and what else counts for one run alone."""

import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from hosted_engine.engine.problems import BadValue, WrongState
from hosted_engine.engine.snapshots.entity import SNAPSHOTS
from hosted_engine.engine.templates.entity import TEMPLATES
from hosted_engine.engine.unregistered.choices import scrubbed
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.engine.vms.commands.stop import StopVm
from hosted_engine.engine.vms.commands.suspend import StopSuspendedVm, SuspendVm
from hosted_engine.engine.vms.entity import VMS
from hosted_engine.engine.vms.ha import HaRunner
from hosted_engine.engine.vms.initialization.model import Initialization
from hosted_engine.engine.vms.lifecycle import vm_reported
from hosted_engine.engine.vms.model import VmStatus
from hosted_engine.secret_keys import Keys
from node.api.messages.vms import BootDevice, VmSpec
from node.api.problems import Problem
from node.api.refusals import NotStartable
from node.steps import StepFailed
from tests.fakes.engine import SECRETS, TINY_ID, World, node_id
from tests.unit.engine.scenes import acting, changing, done, new_template, new_vm, tiny_vm, vm_of
from tests.unit.engine.test_cdroms import a_disc, image
from tests.unit.engine.test_snapshots import take

SECRET = "sesame 4711"
GIVEN = {"host_name": "web", "root_password": SECRET}


@pytest.fixture
def world() -> World:
    return World()


async def vm_with(world: World, initialization: Any = GIVEN, **given: Any) -> str:
    command = new_vm(world, template_id=TINY_ID, initialization=initialization, **given)
    await done(world, command)
    return command.id


async def start(world: World, vm_id: str, **given: Any) -> VmSpec:
    """As a client says it; what its node was told."""
    await done(world, acting(world, VMS, vm_id, "start", **given))
    return world.nodes[vm_of(world, vm_id).node_id or ""].machines.spec(vm_id)


async def run(world: World, vm_id: str, **given: Any) -> VmSpec:
    spec = await start(world, vm_id, **given)
    await done(world, StopVm(id=vm_id))
    return spec


def texts(spec: VmSpec) -> dict[str, str]:
    return {file.path: file.text for file in spec.seed.files} if spec.seed is not None else {}


def instance(spec: VmSpec) -> str:
    (line,) = (line for line in texts(spec)["meta-data"].splitlines() if line.startswith("instance-id"))
    return line


async def test_a_guest_is_told_at_its_first_start_and_never_again_by_itself(world: World) -> None:
    vm_id = await vm_with(world)
    first = await run(world, vm_id)
    assert first.seed is not None
    assert first.seed.label == "cidata"
    assert 'local-hostname: "web"' in texts(first)["meta-data"]
    assert f'password: "{SECRET}"' in texts(first)["user-data"]
    assert (await run(world, vm_id)).seed is None
    again = await run(world, vm_id, use_cloud_init=True)
    assert instance(again) != instance(first)
    assert instance(await run(world, vm_id, use_initialization=True)) != instance(again)


async def test_one_that_has_nothing_to_be_told_is_told_nothing(world: World) -> None:
    vm_id = await tiny_vm(world)
    assert (await run(world, vm_id)).seed is None
    assert texts(await run(world, vm_id, use_cloud_init=True))["user-data"] == "#cloud-config\n"
    other = await vm_with(world, name="other")
    assert (await run(world, other, use_cloud_init=False)).seed is None
    assert (await run(world, other)).seed is not None, "that was not its first telling"


async def test_a_windows_is_told_by_sysprep(world: World) -> None:
    vm_id = await vm_with(world, os_type="windows_2022")
    spec = await run(world, vm_id)
    assert spec.seed is not None
    assert spec.seed.label == "SYSPREP"
    assert "<ComputerName>web</ComputerName>" in texts(spec)["Unattend.xml"]
    with pytest.raises(BadValue, match=r"action\.use_cloud_init.*windows_2022"):
        await start(world, vm_id, use_cloud_init=True)
    with pytest.raises(BadValue, match=r"action\.use_sysprep.*os\.type is other"):
        await start(world, await vm_with(world, name="linux"), use_sysprep=True)
    with pytest.raises(BadValue, match=r"action\.use_sysprep"):
        await start(world, vm_id, use_sysprep=True, use_cloud_init=True)


async def test_a_start_that_failed_told_nobody(world: World) -> None:
    vm_id = await vm_with(world)
    refusal = NotStartable(vm="vm1", reason="no room")
    world.nodes[node_id(1)].fail("start_vm", refusal)
    with pytest.raises(StepFailed):
        await start(world, vm_id, node_ids=(node_id(1),), boot_devices=["cdrom"])
    assert (vm_of(world, vm_id).status, vm_of(world, vm_id).run_once) == (VmStatus.DOWN, False)
    assert (await start(world, vm_id)).seed is not None


async def test_a_run_has_settings_of_its_own_and_the_next_one_knows_nothing_of_them(world: World) -> None:
    vm_id, disc = await tiny_vm(world), await a_disc(world)
    usual = await run(world, vm_id)
    spec = await start(
        world,
        vm_id,
        node_ids=(node_id(3),),
        paused=True,
        boot_devices=["network", "cdrom"],
        boot_menu=True,
        cd_disk_id=disc,
        custom_machine="pc-q35-9.2",
        custom_cpu="Nehalem",
        display_type="vnc",
        initialization={"host_name": "once"},
    )
    vm = vm_of(world, vm_id)
    assert (vm.run_once, vm.node_id, vm.status, vm.current_cd_disk_id) == (True, node_id(3), VmStatus.PAUSED, disc)
    assert (vm.boot_devices, vm.initialization, vm.cd_disk_id) == (("hd",), None, None)
    assert spec.boot_devices == (BootDevice.NETWORK, BootDevice.CDROM)
    assert (spec.boot_menu, spec.machine, spec.cpu_model) == (True, "pc-q35-9.2", "Nehalem")
    assert spec.cdrom is not None
    assert spec.cdrom.disc == image(world, disc)
    assert 'local-hostname: "once"' in texts(spec)["meta-data"]
    assert not any(disk.boot for disk in spec.disks)
    world.nodes[node_id(3)].machines.resume_vm(vm_id)
    world.nodes[node_id(3)].machines.reset_vm(vm_id)
    assert world.nodes[node_id(3)].machines.spec(vm_id) == spec
    await done(world, StopVm(id=vm_id))
    assert vm_of(world, vm_id).run_once is False
    assert await run(world, vm_id) == usual


async def test_what_is_said_of_one_run_is_added_to_what_the_vm_has(world: World) -> None:
    vm_id = await vm_with(world, GIVEN | {"authorized_ssh_keys": "key one"})
    spec = await run(world, vm_id, initialization={"host_name": "once"}, authorized_key="key two")
    assert 'local-hostname: "once"' in texts(spec)["meta-data"]
    assert f'password: "{SECRET}"' in texts(spec)["user-data"]
    assert 'ssh_authorized_keys: ["key one", "key two"]' in texts(spec)["user-data"]
    spec = await run(world, vm_id, initialization={"host_name": "again"})
    assert 'local-hostname: "again"' in texts(spec)["meta-data"], "it was said, so it is told, also after the first run"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"initialization": {"host_name": "x y"}}, r"vm\.initialization\.host_name"),
        ({"initialization": {"host_name": "x"}, "use_cloud_init": False}, r"action\.use_cloud_init"),
        ({"initialization": {"custom_script": "a: ["}}, r"action\.vm\.initialization\.custom_script"),
        ({"initialization": {"domain": "x"}}, r"vm\.initialization\.domain"),
        ({"authorized_key": "k", "os_type": "windows_11"}, r"vm\.initialization\.authorized_ssh_keys"),
        ({"boot_devices": ["hd", "hd"]}, r"vm\.os\.boot\.devices"),
        ({"custom_machine": "vax"}, r"action\.vm\.custom_emulated_machine"),
        ({"display_type": "spice"}, r"action\.vm\.display\.type"),
        ({"cd_disk_id": "20000000-0000-4000-8000-000000000001"}, r"cdrom\.file\.id"),
    ],
)
async def test_what_cannot_be_so_is_refused_by_name_and_nothing_starts(
    world: World, given: dict[str, Any], reason: str
) -> None:
    vm_id = await tiny_vm(world)
    with pytest.raises(Problem, match=reason):
        await start(world, vm_id, **given)
    assert vm_of(world, vm_id).status is VmStatus.DOWN


async def test_a_suspended_vm_goes_on_as_it_was(world: World) -> None:
    vm_id = await vm_with(world)
    await start(world, vm_id, initialization={"host_name": "once"})
    await done(world, SuspendVm(id=vm_id))
    assert vm_of(world, vm_id).run_once is True
    with pytest.raises(WrongState, match=r"goes on from its memory, and use_cloud_init"):
        await start(world, vm_id, use_cloud_init=True)
    assert (await start(world, vm_id, use_cloud_init=False)).seed is None
    assert vm_of(world, vm_id).run_once is True
    await done(world, SuspendVm(id=vm_id))
    await done(world, StopSuspendedVm(id=vm_id))
    assert vm_of(world, vm_id).run_once is False


async def test_a_highly_available_one_is_started_again_as_it_is(world: World) -> None:
    vm_id = await vm_with(world, high_availability=True)
    await start(world, vm_id, boot_devices=["cdrom"])
    node = vm_of(world, vm_id).node_id or ""
    world.nodes[node].machines.crash(vm_id)
    _hear(world, node)
    assert vm_of(world, vm_id).run_once is False
    await HaRunner(world.engine).observe()
    vm = vm_of(world, vm_id)
    spec = world.nodes[vm.node_id or ""].machines.spec(vm_id)
    assert (vm.run_once, spec.boot_devices, spec.seed) == (False, (BootDevice.HD,), None)


def _hear(world: World, node: str) -> None:
    with world.store.transaction() as tx:
        for report in world.nodes[node].machines.vms():
            vm_reported(tx, node, report, world.now)


async def test_a_template_hands_it_on_and_its_vms_have_not_been_told(world: World) -> None:
    vm_id = await vm_with(world)
    await run(world, vm_id)
    template = new_template(world, vm_id)
    await done(world, template)
    made = new_vm(world, name="made", template_id=template.id)
    await done(world, made)
    assert f'password: "{SECRET}"' in texts(await run(world, made.id))["user-data"]
    await done(world, changing(world, TEMPLATES, template.id, initialization=None))
    bare = new_vm(world, name="bare", template_id=template.id)
    await done(world, bare)
    assert (await run(world, bare.id)).seed is None


async def test_a_clone_has_been_told_as_much_as_what_it_is_a_copy_of(world: World) -> None:
    vm_id = await vm_with(world)
    fresh = acting(world, VMS, vm_id, "clone", name="fresh")
    await done(world, fresh)
    await run(world, vm_id)
    later = acting(world, VMS, vm_id, "clone", name="later")
    await done(world, later)
    assert [vm_of(world, id_of(one)).initialized for one in (fresh, later)] == [False, True]


def id_of(command: Any) -> str:
    return str(command.id)


async def test_a_guest_that_is_what_it_was_before_it_was_told_is_told(world: World) -> None:
    vm_id = await vm_with(world)
    before = await take(world, vm_id)
    assert (await run(world, vm_id)).seed is not None
    await done(world, acting(world, SNAPSHOTS, before, "restore"))
    assert (await run(world, vm_id)).seed is not None
    assert (await run(world, vm_id)).seed is None


async def test_members_are_changed_one_by_one_and_taken_away_together(world: World) -> None:
    vm_id = await vm_with(world)
    await done(world, changing(world, VMS, vm_id, initialization={"timezone": "Asia/Tokyo", "root_password": "******"}))
    spec = await run(world, vm_id)
    assert 'timezone: "Asia/Tokyo"' in texts(spec)["user-data"]
    assert f'password: "{SECRET}"' in texts(spec)["user-data"], "six stars say nothing new"
    await done(world, changing(world, VMS, vm_id, initialization={"root_password": ""}))
    assert "password" not in texts(await run(world, vm_id, use_cloud_init=True))["user-data"]
    await done(world, changing(world, VMS, vm_id, initialization={"timezone": "", "host_name": ""}))
    assert vm_of(world, vm_id).initialization is None


async def test_no_secret_is_in_a_row_nor_in_words(world: World) -> None:
    vm_id = await vm_with(world, GIVEN | {"custom_script": f"runcmd: ['{SECRET}']"})
    command = acting(world, VMS, vm_id, "start", initialization={"root_password": SECRET})
    assert isinstance(command, StartVm)
    assert SECRET not in repr(command)
    await done(world, command)
    spec = world.nodes[vm_of(world, vm_id).node_id or ""].machines.spec(vm_id)
    assert SECRET in texts(spec)["user-data"]
    assert SECRET not in repr(spec)
    with world.store.transaction() as tx:
        kept = (*tx.tasks.list(), *tx.vms.list(), *tx.events.list())
        rows = [json.dumps(msgspec.to_builtins(one), default=str) for one in kept]
    assert rows
    assert not [row for row in rows if SECRET in row]


async def test_a_vm_that_comes_from_another_engine_comes_without_secrets_that_nobody_can_open(world: World) -> None:
    vm_id = await vm_with(world)
    ours, theirs = SECRETS.seal("runcmd: [date]"), Keys.new().seal("theirs")
    found = replace(
        vm_of(world, vm_id), initialization=Initialization(host_name="web", root_password=theirs, custom_script=ours)
    )
    with world.store.transaction() as tx:
        vm = scrubbed(tx, found)
        tx.vms.update(vm)
    assert vm.initialization == Initialization(host_name="web", custom_script=ours)
    assert (await run(world, vm_id)).seed is not None
