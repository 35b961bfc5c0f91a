"""What a cluster says of its VMs is what a node is told."""

import pytest

from hosted_engine.engine.clusters.cpu_types import cpu_types, features_of, model_of
from hosted_engine.engine.clusters.entity import CLUSTERS
from hosted_engine.engine.networks.cluster_entity import CLUSTER_NETWORKS
from hosted_engine.engine.networks.entity import NETWORKS
from hosted_engine.engine.networks.nic_entity import NICS
from hosted_engine.engine.vms.commands.start import needed_bytes
from hosted_engine.engine.vms.model import BiosType, SerialNumberPolicy
from hosted_engine.engine.vms.spec import spec_of
from node.api.messages.vms import Firmware, VmSpec
from node.vms.vm_checks import why_not_possible
from tests.fakes.engine import World
from tests.unit.engine.scenes import adding, changing, done, new_vm, vm_of


def spec(world: World, vm_id: str) -> VmSpec:
    vm = vm_of(world, vm_id)
    with world.store.transaction() as tx:
        return spec_of(tx, vm)


@pytest.mark.parametrize(
    ("of_cluster", "of_vm", "firmware"),
    [
        ("q35_ovmf", "cluster_default", Firmware.UEFI),
        ("q35_sea_bios", "cluster_default", Firmware.BIOS),
        ("q35_ovmf", "q35_sea_bios", Firmware.BIOS),
        ("q35_sea_bios", "q35_ovmf", Firmware.UEFI),
    ],
)
async def test_a_vm_without_firmware_of_its_own_has_its_clusters(
    of_cluster: str, of_vm: str, firmware: Firmware
) -> None:
    world = World()
    await done(world, changing(world, CLUSTERS, world.cluster.id, bios_type=BiosType(of_cluster)))
    command = new_vm(world, bios_type=BiosType(of_vm))
    await done(world, command)
    assert spec(world, command.id).firmware is firmware


async def test_a_vm_has_the_processor_of_its_cluster() -> None:
    world = World()
    command = new_vm(world)
    await done(world, command)
    assert (spec(world, command.id).cpu_model, spec(world, command.id).cpu_features) == ("", ())
    empty = {"name": "empty", "data_center_id": world.cluster.data_center_id}
    await done(world, adding(world, CLUSTERS, **empty, cpu_type="Secure Intel SandyBridge Family"))
    with world.store.transaction() as tx:
        (cluster,) = tx.clusters.list(name="empty")
    other = new_vm(world, "other", cluster_id=cluster.id)
    await done(world, other)
    features = ("+pcid", "+spec-ctrl", "+ssbd", "+md-clear")
    assert (spec(world, other.id).cpu_model, spec(world, other.id).cpu_features) == ("SandyBridge", features)


def test_every_cpu_type_is_one_that_a_node_can_be_told() -> None:
    for name in cpu_types():
        told = VmSpec(id="v", name="v", memory_bytes=1, cpu_model=model_of(name), cpu_features=features_of(name))
        assert why_not_possible(told, knows_time_zone=True) is None


async def test_nics_on_an_isolated_network_are_isolated() -> None:
    world = World()
    command = new_vm(world)
    await done(world, command)
    with world.store.transaction() as tx:
        (center,) = tx.data_centers.list()
    await done(world, adding(world, NETWORKS, name="blue", data_center_id=center.id, port_isolation=True))
    with world.store.transaction() as tx:
        (blue,) = tx.networks.list(name="blue")
        (plain,) = tx.networks.list(name="ovirtmgmt")
    await done(world, adding(world, CLUSTER_NETWORKS, cluster_id=world.cluster.id, network_id=blue.id))
    for network in (plain, blue):
        nic = adding(world, NICS, owner_id=command.id, name=network.name, network_id=network.id)
        await done(world, nic)
    assert [nic.isolated for nic in spec(world, command.id).nics] == [True, False]


@pytest.mark.parametrize(("policy", "number"), [(None, ""), ("none", ""), ("vm", "its id"), ("custom", "A1")])
async def test_a_vm_has_the_serial_number_of_its_cluster(policy: str | None, number: str) -> None:
    world = World()
    given = {
        "serial_number_policy": policy and SerialNumberPolicy(policy),
        "serial_number": "A1" if policy == "custom" else "",
    }
    await done(world, changing(world, CLUSTERS, world.cluster.id, **given))
    command = new_vm(world)
    await done(world, command)
    assert spec(world, command.id).serial_number == number.replace("its id", command.id)


async def test_where_the_cluster_forbids_it_no_vm_has_a_balloon() -> None:
    world = World()
    command = new_vm(world, memory_bytes=2 << 30, memory_guaranteed_bytes=1 << 30)
    await done(world, command)
    assert (spec(world, command.id).ballooning, spec(world, command.id).memory_guaranteed_bytes) == (True, 1 << 30)
    await done(world, changing(world, CLUSTERS, world.cluster.id, ballooning=False))
    assert (spec(world, command.id).ballooning, spec(world, command.id).memory_guaranteed_bytes) == (False, None)
    vm = vm_of(world, command.id)
    with world.store.transaction() as tx:
        assert needed_bytes(tx, vm) == 2 << 30
