"""Lets in who may drive this node: engine and deploy by certificate, before that the holder of the claim code. Other
nodes of the site may read what this one says of its storage."""

from typing import Protocol

from falcon.asgi import Request, Response

from node.api import paths
from node.api.messages.identity import Role
from node.api.refusals import JustClaimed, NotAllowed, NotClaimedYet
from node.server.peer import EXTENSION, Peer, peer_of

FACTS = (
    "GET",
    paths.GLUSTER_FACTS,
)  # other nodes may look at them: they tell a node of the site the state of all of it
DRIVERS = frozenset({Role.ENGINE.value, Role.DEPLOY.value})


class Guard(Protocol):
    """What the gate asks of the node's membership."""

    @property
    def claimed(self) -> bool: ...

    def knows_claim_code(self, code: str) -> bool: ...


class Gate:
    """Falcon middleware. `mutual` says whether this server was started with certificates demanded: a node that has
    been claimed a moment ago goes on as an unclaimed one until it is served anew, and lets nobody in meanwhile."""

    def __init__(self, guard: Guard, *, mutual: bool) -> None:
        self._guard = guard
        self._mutual = mutual

    async def process_request(self, req: Request, resp: Response) -> None:
        if self._mutual:
            peer = peer_in(req)
            if peer.role == Role.NODE and (req.method, req.path) == FACTS:
                return
            if peer.role not in DRIVERS:
                raise NotAllowed(caller=repr(peer.name), role=repr(peer.role))
            return
        if self._guard.claimed:
            raise JustClaimed()
        scheme, _, code = (req.get_header("Authorization") or "").partition(" ")
        known = scheme.lower() == "bearer" and self._guard.knows_claim_code(code.strip())
        if req.path != paths.IDENTITY or not known:
            raise NotClaimedYet()


def peer_in(req: Request) -> Peer:
    found = req.scope.get("extensions", {}).get(EXTENSION)
    return found if isinstance(found, Peer) else peer_of({})
