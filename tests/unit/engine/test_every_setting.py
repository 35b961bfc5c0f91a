"""Every setting that is stored of a VM and its NICs changes what a node is told, or acts elsewhere, as a test shows.

The whole life of a VM is gone through with a value other than the default in one setting at a time.
"""

import asyncio
import uuid
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from hosted_engine.engine.entities import ENTITIES
from hosted_engine.engine.entity.declaration import Entity
from hosted_engine.engine.entity.field import Settable
from hosted_engine.engine.entity.record import Column
from hosted_engine.engine.ids import BLANK_TEMPLATE_ID
from hosted_engine.engine.instancetypes.entity import FIRST_ONES
from hosted_engine.engine.networks.model import Nic
from hosted_engine.engine.vms.model import Vm
from tests.fakes.engine import ENGINE_VM_ID, node_id
from tests.unit.engine.recorded_calls import OTHER_CLUSTER, calls_of

PROFILE = str(uuid.uuid5(uuid.UUID(ENGINE_VM_ID), "vNIC profile ovirtmgmt"))  # as the site's import makes it
ROOT = Path(__file__).parents[3]
MODELS = (Vm, Nic)

# Other values, where type and bounds do not say one; with what they cannot be said without.
VALUES: Mapping[str, Mapping[str, Any]] = {
    "nic.interface": {"interface": "e1000"},
    "nic.mac.address": {"mac": "02:00:00:00:00:07"},
    "vm.custom_emulated_machine": {"custom_machine": "pc-q35-9.2"},
    "nic.vnic_profile": {"vnic_profile_id": PROFILE},
    "vm.cluster": {"cluster_id": OTHER_CLUSTER},
    "vm.cpu.topology.sockets": {"sockets": 4},
    "vm.display.type": {"display_type": None},
    "vm.initialization": {"initialization": {"host_name": "web"}},
    "vm.instance_type": {"instance_type_id": FIRST_ONES[0].id},
    "vm.memory": {"memory_bytes": 128 << 20},
    "vm.memory_policy.guaranteed": {"memory_guaranteed_bytes": 32 << 20},
    "vm.memory_policy.max": {"memory_max_bytes": 512 << 20},
    "vm.os.boot.devices": {"boot_devices": ("network",)},
    "vm.placement_policy.hosts": {"host_ids": (node_id(2),)},
    "vm.serial_number.policy": {"serial_number_policy": "vm"},
    "vm.serial_number.value": {"serial_number_policy": "custom", "serial_number": "7"},
    "vm.template": {"template_id": BLANK_TEMPLATE_ID},
    "vm.time_zone.name": {"time_zone": "Europe/Berlin"},
    "vm.virtio_scsi_multi_queues": {"scsi_queues": 4},
}

# Settings of which no node is told: the test that shows what they do instead.
ELSEWHERE: Mapping[str, str] = {
    "vm.high_availability.enabled": "tests/unit/engine/test_ha.py::test_only_an_end_that_nobody_wished_starts_it_again",
    "vm.high_availability.priority": "tests/unit/engine/test_ha.py::test_the_most_important_ones_come_first",
    "vm.memory_policy.max": "tests/unit/engine/test_growth.py::test_only_a_vm_with_room_to_grow_may_grow",
}

# For people and for searches: nothing of a machine depends on them.
DESCRIPTIVE = frozenset(
    {"nic.comment", "nic.description", "nic.name", "vm.comment", "vm.description", "vm.os.type", "vm.type"}
)

# Kept for what is not there yet.
WAITING: Mapping[str, str] = {
    "vm.placement_policy.affinity": "migration of users' VMs",
}


def settings() -> Iterator[tuple[Entity[Any], Column]]:
    for entity in ENTITIES:
        for column in entity.columns.values() if entity.model in MODELS else ():
            if column.field.wire and column.field.settable is not Settable.NEVER:
                yield entity, column


def other(entity: Entity[Any], column: Column) -> Mapping[str, Any]:
    if (place := entity.place(column.name)) in VALUES:
        return VALUES[place]
    default = entity.model.__dataclass_fields__[column.name].default
    if column.type is bool:
        return {column.name: not default}
    if column.type is int:
        return {column.name: default + 1}
    if issubclass(column.type, StrEnum):
        return {column.name: next(member for member in column.type if member is not default)}
    return {column.name: "other"}


@pytest.fixture(scope="module")
def default_calls() -> list[str]:
    return asyncio.run(calls_of({}))


@pytest.mark.parametrize(("entity", "column"), [pytest.param(*one, id=one[0].place(one[1].name)) for one in settings()])
async def test_a_setting_reaches_the_node_or_acts_elsewhere(
    default_calls: list[str], entity: Entity[Any], column: Column
) -> None:
    place = entity.place(column.name)
    differs = await calls_of({entity.model: other(entity, column)}) != default_calls
    excused = place in ELSEWHERE or place in DESCRIPTIVE or place in WAITING
    assert differs or excused, "stored and read by nobody"
    assert not (differs and excused), "the node is told: it need not stand in a table"


@pytest.mark.parametrize("place", ELSEWHERE)
def test_what_acts_elsewhere_is_shown_there(place: str) -> None:
    file, _, name = ELSEWHERE[place].partition("::")
    assert f"def {name}(" in (ROOT / file).read_text()


def test_only_settings_that_there_are_stand_in_the_tables() -> None:
    there = {entity.place(column.name) for entity, column in settings()}
    assert {*VALUES, *ELSEWHERE, *DESCRIPTIVE, *WAITING} - there == set()
