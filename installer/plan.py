"""What an installation is going to do, decided before anything is written; pure."""

from collections.abc import Collection
from dataclasses import dataclass

from installer.answers import Answers, Role, RoleAnswers
from installer.disk_choice import DiskChoice, choose_disks, contents, describe, name_of
from installer.disk_layout import Table, brick_mount, brick_table, system_table
from installer.network_plan import NetworkPlan, plan_network
from installer.reasons import DoesNotFit, Reason
from installer.sizes import format_disk_size
from installer.sysinfo import Disk, SysInfo


@dataclass(frozen=True, slots=True)
class Losing:
    """A disk whose content goes. `serial` is what an operator types to confirm it: the WWN, or at last the path, of a
    disk that has no serial number. `content` is empty for a disk on which nothing was found."""

    serial: str
    disk: Disk
    content: str


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """`key` stays the same when the plan is made again."""

    key: str
    description: str


@dataclass(frozen=True, slots=True)
class Brick:
    """One brick: the file system mounted at `mount`. `own_disk` is false where it is a partition of the system disk;
    `partition` is that partition's number on `disk`."""

    number: int
    disk: Disk
    partition: int
    table: Table
    own_disk: bool

    @property
    def mount(self) -> str:
        return brick_mount(self.number)


@dataclass(frozen=True, slots=True)
class InstallPlan:
    """`lines` say it in plain words for the review; `losing` names the disks whose content goes; `steps` what is done
    in which order. `disks` are all that are ever opened for writing."""

    installation_id: str
    version: str
    answers: Answers
    system: Disk
    table: Table
    bricks: tuple[Brick, ...]
    network: NetworkPlan
    lines: tuple[str, ...]
    losing: tuple[Losing, ...]
    steps: tuple[PlannedStep, ...]

    @property
    def disks(self) -> tuple[Disk, ...]:
        return (self.system, *(brick.disk for brick in self.bricks if brick.own_disk))

    @property
    def disk_names(self) -> tuple[str, ...]:
        """What the disks are known by on any machine and after any restart, the system disk first."""
        return tuple(name_of(disk) for disk in self.disks)


def plan(answers: Answers, sysinfo: SysInfo, installation_id: str, *, taken: Collection[str] = ()) -> InstallPlan:
    """Raises DoesNotFit with every reason. `taken` are the paths of disks that this installation, cut off earlier, had
    begun to write: their content is its own and no reason against it."""
    choice, about_disks = choose_disks(answers.disks, sysinfo.disks, taken=taken)
    network, about_network = plan_network(answers.network, sysinfo, installation_id)
    reasons = (*_about_machine(sysinfo), *about_disks, *about_network)
    if reasons or choice is None or network is None:
        raise DoesNotFit(reasons)
    table = system_table(installation_id, sysinfo.version, with_brick=not choice.bricks)
    bricks = _bricks(choice, table, installation_id)
    losing = tuple(_losing(disk) for disk in choice.disks if disk.path not in taken)
    return InstallPlan(
        installation_id=installation_id,
        version=sysinfo.version,
        answers=answers,
        system=choice.system,
        table=table,
        bricks=bricks,
        network=network,
        lines=_lines(answers, choice, bricks, network, sysinfo.version),
        losing=losing,
        steps=_steps(choice.system, bricks),
    )


def _about_machine(sysinfo: SysInfo) -> tuple[Reason, ...]:
    if sysinfo.firmware == "uefi":
        return ()
    why = f"its firmware started the installer as {sysinfo.firmware.upper()}, and Trivet starts by UEFI only"
    return (Reason("machine", "Cannot install on this machine", why, "Turn UEFI on in the firmware's settings"),)


def _bricks(choice: DiskChoice, table: Table, installation_id: str) -> tuple[Brick, ...]:
    if not choice.bricks:
        return (Brick(1, choice.system, table.partitions[-1].number, table, own_disk=False),)
    return tuple(
        Brick(number, disk, 1, brick_table(installation_id, number), own_disk=True)
        for number, disk in enumerate(choice.bricks, 1)
    )


def _losing(disk: Disk) -> Losing:
    return Losing(name_of(disk), disk, contents(disk))


def _steps(system: Disk, bricks: tuple[Brick, ...]) -> tuple[PlannedStep, ...]:
    """The boot loader comes last: a machine that lost its power on the way starts from the medium again, never from
    half a node."""
    return (
        PlannedStep("partition", f"Partition the system disk {describe(system)}"),
        PlannedStep("write", "Write the system image"),
        PlannedStep("verify", "Read the system image back and compare it"),
        *(PlannedStep(f"brick-{brick.number}", f"Make the brick on {describe(brick.disk)}") for brick in bricks),
        PlannedStep("configure", "Write the configuration for the first boot"),
        PlannedStep("identity", "Make the key of this node"),
        PlannedStep("images", "Copy the image of the engine"),
        PlannedStep("boot", "Install the boot loader"),
    )


def _lines(
    answers: Answers, choice: DiskChoice, bricks: tuple[Brick, ...], network: NetworkPlan, version: str
) -> tuple[str, ...]:
    machine = answers.machine
    keys = len(machine.ssh_keys)
    sign_in = [
        "at the console by password" if machine.password_hash or machine.password else "",
        f"by SSH with {keys} key{'s' if keys > 1 else ''}" if keys else "",
    ]
    return (
        f"Trivet {version} on {describe(choice.system)}: start partition, two places for systems, data",
        *(_brick_line(brick) for brick in bricks),
        *network.lines,
        f"Host name: {machine.host_name}",
        f"Sign in as root {' and '.join(filter(None, sign_in)) or 'is not possible: no password and no SSH key'}",
        *([f"Time from {', '.join(machine.ntp)}"] if machine.ntp else []),
        f"Afterwards: {format_role(answers.role)}",
    )


def _brick_line(brick: Brick) -> str:
    if not brick.own_disk:
        fixed = sum(partition.size_bytes or 0 for partition in brick.table.partitions)
        rest = format_disk_size(brick.disk.size_bytes - fixed)
        return f"Brick {brick.mount}: the rest of the system disk, {rest} (LVM thin, XFS)"
    return f"Brick {brick.mount}: all of {describe(brick.disk)} (LVM thin, XFS)"


def format_role(role: RoleAnswers) -> str:
    """What becomes of the node after its first start."""
    match role.kind:
        case Role.FIRST:
            return "the console goes on with creating a site"
        case Role.LATER:
            return "nothing; the console waits for what you choose"
    if not role.fingerprint:
        return f"the console asks to compare the words of the engine {role.engine}, and joins its site"
    engine = f"the node asks the engine {role.engine}, if its words are {role.fingerprint}, to take it"
    return f"{engine}: {'with a join code' if role.join_code else 'an administrator approves it there'}"
