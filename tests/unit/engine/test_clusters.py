"""What a cluster says of its VMs is what a node is told."""

import pytest

from hosted_engine.engine.clusters.entity import CLUSTERS
from hosted_engine.engine.vms.model import BiosType
from hosted_engine.engine.vms.spec import spec_of
from node.api.messages.vms import Firmware, VmSpec
from tests.fakes.engine import World
from tests.unit.engine.scenes import changing, done, new_vm, vm_of


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
