"""All operations of a node in one table, from which client, server, roles, fake and documentation follow."""

from collections.abc import Mapping

from node.api.operation import Operation, operations_of
from node.api.operations.gluster import GlusterOperations
from node.api.operations.ha import HaOperations
from node.api.operations.host import HostOperations
from node.api.operations.network import NetworkOperations
from node.api.operations.storage import StorageOperations
from node.api.operations.transfers import TransferOperations
from node.api.operations.vms import VmOperations


class NodeApi(
    HostOperations,
    NetworkOperations,
    GlusterOperations,
    StorageOperations,
    TransferOperations,
    HaOperations,
    VmOperations,
):
    """A node as its callers see it. Every operation is safe to repeat. Errors: RemoteRefused, RemoteFailed
    (node.api.problems), NodeNonResponsive when no answer came, NodeTooOld when it was not asked."""


OPERATIONS: Mapping[str, Operation] = operations_of(NodeApi)
