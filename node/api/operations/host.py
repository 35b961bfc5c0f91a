"""Who a node is, what the machine has, and what happens on it."""

from collections.abc import AsyncIterator

from node.api.messages.events import Event
from node.api.messages.identity import Claim, Identity, Leave
from node.api.messages.machine import Capabilities, Statistics
from node.api.messages.registration import Invitation, InvitationReport
from node.api.operation import DELETE, GET, POST, PUT, Operations, operation

HEARTBEAT_TIMEOUT_S = 15.0  # three heartbeats


class HostOperations(Operations):
    """The host"""

    @operation(GET, "/identity", unclaimed=True)
    async def identity(self) -> Identity:
        """Who this node is, and whether it belongs to a site."""

    @operation(PUT, "/identity", unclaimed=True, timeout_s=120)
    async def claim(self, claim: Claim) -> None:
        """Become a member of a site, or take a renewed certificate of the same one."""

    @operation(DELETE, "/identity", unclaimed=True, timeout_s=300)
    async def leave(self, leave: Leave) -> None:
        """Belong to no site any more, as before the claim. NotBare while VMs, mounts or lockspaces of a site are
        there."""

    @operation(POST, "/join", unclaimed=True, since=2)
    async def invite(self, invitation: Invitation) -> InvitationReport:
        """Begin to ask an engine to be taken into its site. ClaimRejected where it belongs to one."""

    @operation(GET, "/capabilities")
    async def capabilities(self) -> Capabilities:
        """What the machine has and can do."""

    @operation(GET, "/statistics")
    async def statistics(self) -> Statistics:
        """One reading of how the machine does."""

    @operation(GET, "/events", timeout_s=HEARTBEAT_TIMEOUT_S)
    def events(self) -> AsyncIterator[Event]:
        """HELLO first, then whatever happens, until the connection ends: NodeNonResponsive after 15 s without a
        heartbeat."""
