"""Every command by its kind: what a task's inputs are read back into after a crash."""

from hosted_engine.engine.affinitylabels.entity import AddAffinityLabel
from hosted_engine.engine.clusters.commands import AddCluster
from hosted_engine.engine.command import Command
from hosted_engine.engine.disks.commands.add import AddDisk, AddDiskToVm
from hosted_engine.engine.disks.commands.remove import RemoveDisk
from hosted_engine.engine.disks.commands.update import UpdateDisk
from hosted_engine.engine.entity.commands import AddEntity, RemoveEntity, UpdateEntity
from hosted_engine.engine.networks.commands import AddNetwork, DetachNetwork, RemoveNetwork
from hosted_engine.engine.nodes.commands.maintenance import ActivateNode, DeactivateNode
from hosted_engine.engine.vms.commands.add import AddVm
from hosted_engine.engine.vms.commands.remove import RemoveVm
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.engine.vms.commands.stop import ShutdownVm, StopVm
from hosted_engine.engine.vms.commands.update_engine_vm import UpdateEngineVm

COMMANDS: dict[str, type[Command]] = {
    command.__name__: command
    for command in (
        ActivateNode,
        AddAffinityLabel,
        AddCluster,
        AddDisk,
        AddDiskToVm,
        AddEntity,
        AddNetwork,
        AddVm,
        DeactivateNode,
        DetachNetwork,
        RemoveDisk,
        RemoveEntity,
        RemoveNetwork,
        RemoveVm,
        ShutdownVm,
        StartVm,
        StopVm,
        UpdateDisk,
        UpdateEngineVm,
        UpdateEntity,
    )
}
