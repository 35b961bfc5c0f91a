"""The network of a node, and the names of the site's machines on it."""

from node.api.messages.network import NamesRequest, NetworkChange, NetworkReport, NetworkRequest
from node.api.operation import DELETE, GET, LONG_S, PUT, Operations, operation


class NetworkOperations(Operations):
    """The network"""

    @operation(GET, "/names")
    async def names(self) -> NamesRequest:
        """The machines of the site by name, as the node has them in /etc/hosts."""

    @operation(PUT, "/names")
    async def set_names(self, request: NamesRequest) -> None:
        """All of the site's machines by name; what was known before goes."""

    @operation(GET, "/network")
    async def network(self) -> NetworkReport:
        """The network as it is configured and as it is, and a change that waits to be confirmed."""

    @operation(PUT, "/network", timeout_s=LONG_S)
    async def change_network(self, request: NetworkRequest) -> NetworkChange:
        """Change it for a time, within which the change has to be confirmed."""

    @operation(PUT, "/network/checkpoints/{checkpoint}")
    async def confirm_network(self, checkpoint: str) -> None:
        """Over the new path: that it gets through is what proves the change. Refused when it went back already
        (CheckpointGone), also because NetworkManager came back that was dead when it was made (BackendReturned)."""

    @operation(DELETE, "/network/checkpoints/{checkpoint}", timeout_s=LONG_S)
    async def roll_back_network(self, checkpoint: str) -> None:
        """Also fine when it went back by itself; refused when it was confirmed."""
