"""How Trivet divides disks: partitions, their sizes, and the ids that follow from the id of the installation; pure."""

from dataclasses import dataclass
from uuid import UUID, uuid5

MIB, GIB = 1 << 20, 1 << 30
SMALLEST_SYSTEM_DISK = 16 * GIB
ESP_SIZE, SLOT_SIZE = 1 * GIB, 2 * GIB
STATE_BESIDE_BRICK = 24 * GIB  # the state's share of a system disk that has a brick, too
SMALLEST_OWN_BRICK = 40 * GIB
SMALLEST_BRICK_DISK = 8 * GIB
SYSTEM_DISK_WITH_BRICK = ESP_SIZE + 2 * SLOT_SIZE + STATE_BESIDE_BRICK + SMALLEST_OWN_BRICK

# What UAPI's Discoverable Partitions Specification calls them.
ESP_TYPE = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
ROOT_TYPE = "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709"  # x86-64
LINUX_TYPE = "0FC63DAF-8483-4772-8E79-3D69D8477DE4"
LVM_TYPE = "E6D6D379-F507-44C2-A23C-238F2A3DF928"

ESP, SLOT, OTHER_SLOT, STATE, OWN_BRICK = 1, 2, 3, 4, 5  # partition numbers of the system disk
ESP_LABEL, EMPTY_LABEL, STATE_LABEL, BRICK_LABEL = "trivet-esp", "_empty", "trivet-state", "trivet-brick"
UNFINISHED_LABEL = "trivet-installing"  # of the state partition until all is done: nothing boots from it


@dataclass(frozen=True, slots=True)
class Partition:
    """`size_bytes` of None takes what is left; `uuid` is its PARTUUID."""

    number: int
    label: str
    type: str
    uuid: str
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A GPT; `uuid` is the disk's own."""

    uuid: str
    partitions: tuple[Partition, ...]

    def partition(self, number: int) -> Partition:
        return next(partition for partition in self.partitions if partition.number == number)


def slot_label(version: str) -> str:
    return f"trivet_{version}"


def id_of(installation_id: str, role: str) -> str:
    """A UUID that belongs to this installation alone; the same again after a power cut."""
    return str(uuid5(UUID(installation_id), role))


def system_table(installation_id: str, version: str, *, with_brick: bool) -> Table:
    """The system disk's own UUID is the id of the installation: it can be told without opening a file system."""

    def partition(number: int, label: str, kind: str, role: str, size_bytes: int | None) -> Partition:
        return Partition(number, label, kind, id_of(installation_id, role), size_bytes)

    brick = (partition(OWN_BRICK, BRICK_LABEL, LVM_TYPE, "brick-1", None),) if with_brick else ()
    return Table(
        installation_id,
        (
            partition(ESP, ESP_LABEL, ESP_TYPE, "esp", ESP_SIZE),
            partition(SLOT, slot_label(version), ROOT_TYPE, "slot-a", SLOT_SIZE),
            partition(OTHER_SLOT, EMPTY_LABEL, ROOT_TYPE, "slot-b", SLOT_SIZE),
            partition(STATE, UNFINISHED_LABEL, LINUX_TYPE, "state", STATE_BESIDE_BRICK if with_brick else None),
            *brick,
        ),
    )


def brick_table(installation_id: str, number: int) -> Table:
    """`number` counts the brick disks from 1."""
    partition = Partition(1, BRICK_LABEL, LVM_TYPE, id_of(installation_id, f"brick-{number}"))
    return Table(brick_disk_id(installation_id, number), (partition,))


def brick_disk_id(installation_id: str, number: int) -> str:
    return id_of(installation_id, f"brick-disk-{number}")


def sfdisk_script(table: Table) -> str:
    """What sfdisk(8) reads. It aligns to 1 MiB by itself, and knows the sectors of the disk."""
    lines = ["label: gpt", f"label-id: {table.uuid.upper()}", *map(_line, table.partitions)]
    return "\n".join(lines) + "\n"


def _line(partition: Partition) -> str:
    size = "" if partition.size_bytes is None else f"size={partition.size_bytes // MIB}MiB, "
    return f'{partition.number} : {size}type={partition.type}, uuid={partition.uuid.upper()}, name="{partition.label}"'


def volume_group(installation_id: str, number: int) -> str:
    return f"trivet-{installation_id[:8]}-{number}"


def brick_mount(number: int) -> str:
    """Where the file system of a brick disk is mounted on the node."""
    return "/bricks/data" if number == 1 else f"/bricks/data{number}"


def device_of(disk: str, number: int) -> str:
    """The kernel's name of a partition: /dev/sda1, and /dev/nvme0n1p1 where the disk's own ends with a digit."""
    return f"{disk}p{number}" if disk[-1].isdigit() else f"{disk}{number}"
