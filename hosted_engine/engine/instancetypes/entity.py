"""Instance types in the API."""

from hosted_engine.engine.entity.declaration import Place, Within
from hosted_engine.engine.entity.events import Events
from hosted_engine.engine.entity.field import MIB
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.instancetypes.model import InstanceType, InstanceTypeNic
from hosted_engine.engine.networks.nic_entity import NETWORK_INPUT, NicBaseEntity
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.search.terms import Own, Shown, Value
from hosted_engine.engine.vms.checks import check_make
from hosted_engine.engine.vms.hardware import HARDWARE, HardwareEntity


class InstanceTypeEntity(HardwareEntity[InstanceType]):
    def check(self, tx: Transaction, item: InstanceType, before: InstanceType | None) -> None:
        check_make(item)


INSTANCE_TYPES = InstanceTypeEntity(
    InstanceType,
    "instance_types",
    kind="instance type",
    type="InstanceType",
    path="instancetypes",
    places=(Place(("InstanceTypes", "InstanceType")),),
    unique=(("name",),),
    events=Events(
        EventKind("USER_ADD_VM_TEMPLATE_SUCCESS", "Instance type {name} was added by {user}."),
        EventKind("USER_UPDATE_VM_TEMPLATE", "Instance type {name} was changed by {user}."),
        EventKind("USER_REMOVE_VM_TEMPLATE_FINISHED", "Instance type {name} was removed by {user}."),
    ),
    shown={place: value for place, value in HARDWARE.items() if place != "rng_device.source"}
    | {"stateless": False, "status": "ok"},
    searches={
        "architecture": Shown("cpu.architecture"),
        "mem": Value(Own("memory_bytes"), MIB),
        "status": Shown("status"),
    },
)

INSTANCE_TYPE_NICS = NicBaseEntity(
    InstanceTypeNic,
    "instance_type_nics",
    kind="NIC",
    type="Nic",
    places=(
        Place(
            ("InstanceTypeNics", "InstanceTypeNic"),
            within={"instance_type": Within("instance_types", "instance_type_id")},
        ),
    ),
    unique=(("instance_type_id", "name"),),
    events=Events(
        EventKind("NETWORK_ADD_TEMPLATE_INTERFACE", "NIC {name} of an instance type was added by {user}."),
        EventKind("NETWORK_UPDATE_TEMPLATE_INTERFACE", "NIC {name} of an instance type was changed by {user}."),
        EventKind("NETWORK_REMOVE_TEMPLATE_INTERFACE", "NIC {name} of an instance type was removed by {user}."),
    ),
    shown={"synced": True},
    inputs=NETWORK_INPUT,
)


def _first(number: str, name: str, memory_mib: int, sockets: int) -> InstanceType:
    memory = memory_mib * MIB
    return InstanceType(
        id=number,
        name=name,
        memory_bytes=memory,
        memory_guaranteed_bytes=memory,
        memory_max_bytes=4 * memory,
        sockets=sockets,
    )


FIRST_ONES = (
    _first("00000003-0003-0003-0003-0000000000be", "Tiny", 512, 1),
    _first("00000005-0005-0005-0005-0000000002e6", "Small", 2048, 1),
    _first("00000007-0007-0007-0007-00000000010a", "Medium", 4096, 2),
    _first("00000009-0009-0009-0009-0000000000f1", "Large", 8192, 2),
    _first("0000000b-000b-000b-000b-00000000021f", "XLarge", 16384, 4),
)  # oVirt's, with its ids
