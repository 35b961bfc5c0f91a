"""Everything that an engine tells its nodes while a VM is made, runs and goes, as text without what is random in it."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, cast

import msgspec

from hosted_engine.engine.networks.nic_entity import NICS
from hosted_engine.engine.problems import WrongState, found
from hosted_engine.engine.vms.commands.remove import RemoveVm
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.engine.vms.commands.stop import StopVm
from hosted_engine.engine.vms.model import Vm, VmStatus
from node.api.contract import NodeApi
from tests.fakes.engine import TINY_ID, World, node_id
from tests.fakes.fleet import FakeFleet
from tests.fakes.node.fake import FakeNode
from tests.unit.engine.scenes import adding, done, new_vm, vm_of

OTHER_CLUSTER = "60000000-0000-4000-8000-000000000001"
CHANGES = re.compile("define|start|make|remove|grow|edit|set|write")  # what asks changes nothing
RANDOM = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|56:6f(?::[0-9a-f]{2}){4}")

Given = Mapping[type[Any], Mapping[str, Any]]  # by models: what is said of the VM, of its NIC


class _Listener:
    """Stands before a node and writes down what it is told."""

    def __init__(self, node: NodeApi, name: str, calls: list[str]) -> None:
        self._node = node
        self._name = name
        self._calls = calls

    def __getattr__(self, operation: str) -> Callable[..., Awaitable[Any]]:
        async def call(*arguments: Any) -> Any:
            if CHANGES.match(operation):
                body = msgspec.json.encode([msgspec.to_builtins(one) for one in arguments]).decode()
                self._calls.append(f"{self._name}: {operation} {body}")
            return await getattr(self._node, operation)(*arguments)

        return call


class _Fleet(FakeFleet):
    def __init__(self, nodes: Mapping[str, FakeNode], calls: list[str]) -> None:
        super().__init__(dict(nodes))
        self._calls = calls

    async def node(self, node_id: str) -> NodeApi:
        return self._recording(await super().node(node_id))

    async def carrier(self, storage_domain: str) -> NodeApi:
        return self._recording(await super().carrier(storage_domain))

    def _recording(self, node: NodeApi) -> NodeApi:
        return cast(NodeApi, _Listener(node, cast(FakeNode, node).name, self._calls))


async def calls_of(given: Given) -> list[str]:
    """Of a VM of the template tiny with two processors and a NIC, unless something else is given. node3 is in the
    cluster OTHER_CLUSTER."""
    world, calls = World(), list[str]()
    with world.store.transaction() as tx:
        tx.clusters.add(replace(world.cluster, id=OTHER_CLUSTER, name="other"))
        node3 = found(tx.nodes.get(node_id(3)), "host", node_id(3))
        tx.nodes.update(replace(node3, cluster_id=OTHER_CLUSTER))
    world.begin_with(_Fleet(world.nodes, calls))
    of_vm = {"template_id": TINY_ID, "sockets": 2, **given.get(Vm, {})}
    command = new_vm(world, **of_vm)
    await done(world, command)
    nic = {"owner_id": command.id, "name": "nic1", **given.get(NICS.model, {})}
    await done(world, adding(world, NICS, **nic))
    await done(world, StartVm(id=command.id))
    if vm_of(world, command.id).status is not VmStatus.DOWN:
        await done(world, StopVm(id=command.id))
    try:
        await done(world, RemoveVm(id=command.id))
    except WrongState as err:
        calls.append(str(err))
    return _without_random(calls)


def _without_random(lines: list[str]) -> list[str]:
    """Ids and addresses as numbers in the order in which they come."""
    numbers: dict[str, str] = {}

    def number(found: re.Match[str]) -> str:
        return numbers.setdefault(found[0], f"#{len(numbers)}")

    return [RANDOM.sub(number, line) for line in lines]
