"""The site's Gluster pool: its servers, its volumes, its true state."""

from gluster.state import ServerFacts
from node.api.messages.gluster import (
    BrickRemoval,
    BrickRequest,
    GlusterReport,
    PeerRequest,
    StorageState,
    VolumeReport,
    VolumeRequest,
)
from node.api.messages.identity import Role
from node.api.operation import DELETE, DRIVERS, GET, LONG_S, POST, PUT, Operations, operation


class GlusterOperations(Operations):
    """Gluster"""

    @operation(GET, "/gluster", timeout_s=120)
    async def gluster(self) -> GlusterReport:
        """The pool's servers and volumes, as the node's own glusterd lists them."""

    @operation(GET, "/gluster/state", timeout_s=120)
    async def gluster_state(self) -> StorageState:
        """The true state of the storage, with what is wrong with it, a few seconds old at most. It always comes: what
        cannot be known is unknown in it."""

    @operation(GET, "/gluster/facts", roles=DRIVERS | {Role.NODE})
    async def gluster_facts(self) -> ServerFacts:
        """What only this node can say of its bricks, its copies of the configuration and its mounts: the nodes of the
        site tell each other, so that each knows the state of all."""

    @operation(PUT, "/gluster/peers/{request.hostname}", timeout_s=120)
    async def add_peer(self, request: PeerRequest) -> None:
        """Take a server into the pool."""

    @operation(DELETE, "/gluster/peers/{hostname}", timeout_s=120)
    async def remove_peer(self, hostname: str) -> None:
        """Let a server out of the pool. Refused while bricks lie there."""

    @operation(POST, "/gluster/servers/give-up", timeout_s=LONG_S, since=2)
    async def give_up_server(self, request: PeerRequest) -> None:
        """Take a server that is lost out of the pool, and its bricks out of the volumes, which go on with a copy less.
        Refused while it answers, and where the copies that are left are not whole; fine when it is not there."""

    @operation(POST, "/gluster/bricks/clear", timeout_s=120)
    async def clear_brick(self, request: BrickRequest) -> None:
        """Take the mark of a volume creation that was cut short off an empty folder. Refused when it holds data, marked
        or not, or belongs to a volume of the pool; fine when there is no mark or no folder."""

    @operation(POST, "/gluster/bricks/remove", timeout_s=LONG_S)
    async def remove_brick(self, request: BrickRemoval) -> None:
        """Delete a brick of a volume that was removed, with all that is on it. Refused while the volume is there; a
        folder that was not a brick of that very volume is not touched."""

    @operation(PUT, "/gluster/volumes/{request.name}", timeout_s=300)
    async def make_volume(self, request: VolumeRequest) -> VolumeReport:
        """Create and start a volume with its options. VolumeDiffers: there is another one of that name."""

    @operation(DELETE, "/gluster/volumes/{volume}", timeout_s=300)
    async def remove_volume(self, volume: str) -> None:
        """Stop and delete it; its bricks keep what is on them."""
