"""Lets in who may ask for an operation: by the role of their certificate, before the claim the holder of its code."""

import time
from collections.abc import Callable, Set
from typing import Protocol

from falcon.asgi import Request, Response

from node.api.contract import OPERATIONS
from node.api.messages.identity import Role
from node.api.operation import DRIVERS
from node.api.refusals import JustClaimed, NoSuchPath, NotAllowed, NotClaimedYet, OutOfTime
from node.server.peer import Peer, peer_in
from node.server.resource import Resource

CALLERS = frozenset(role for operation in OPERATIONS.values() for role in operation.roles)
# What an engine needs to renew the certificates of a site whose clocks jumped, its own among them.
OUT_OF_TIME = frozenset({"identity", "claim"})
UNCLAIMED = frozenset(operation.path for operation in OPERATIONS.values() if operation.unclaimed)


class Guard(Protocol):
    """What the gate asks of the node's membership."""

    @property
    def claimed(self) -> bool: ...

    def knows_claim_code(self, code: str) -> bool: ...

    def believes_claim_proof(self, nonce: str, proof: str) -> bool: ...

    def is_member(self, name: str) -> bool: ...


class Gate:
    """Falcon middleware. `mutual` says whether this server was started with certificates demanded: a node that has
    been claimed a moment ago goes on as an unclaimed one until it is served anew, and lets nobody in meanwhile."""

    def __init__(self, guard: Guard, *, mutual: bool, now: Callable[[], float] = time.time) -> None:
        self._guard = guard
        self._mutual = mutual
        self._now = now

    async def process_request(self, req: Request, resp: Response) -> None:
        if self._mutual:
            _require(peer_in(req), CALLERS)
            return
        if self._guard.claimed:
            raise JustClaimed()
        if req.path not in UNCLAIMED or not self._knows_code(req.get_header("Authorization") or ""):
            raise NotClaimedYet()

    def _knows_code(self, authorization: str) -> bool:
        """`Bearer CODE` of who has seen by its fingerprint that this is the node; else `Claim NONCE:PROOF`."""
        scheme, _, said = authorization.partition(" ")
        nonce, _, proof = said.strip().partition(":")
        match scheme.lower():
            case "bearer":
                return self._guard.knows_claim_code(said.strip())
            case "claim":
                return self._guard.believes_claim_proof(nonce, proof)
        return False

    async def process_resource(self, req: Request, resp: Response, resource: Resource, params: object) -> None:
        """Where the path is one of the table's. Other methods of it are for those who may drive the node."""
        if self._mutual:
            operation = resource.operations.get(req.method)
            peer = peer_in(req)
            _require(peer, operation.roles if operation is not None else DRIVERS)
            if peer.role == Role.NODE and not self._guard.is_member(peer.name):
                raise NotAllowed(caller=repr(peer.name), role="node, of which the site has no such one any more,")
            if not (operation is not None and operation.name in OUT_OF_TIME) and not peer.is_in_time(self._now()):
                raise OutOfTime(caller=repr(peer.name))

    async def no_such_path(self, req: Request, resp: Response | None, **_: object) -> None:
        """Falcon's sink for what no route takes."""
        _require(peer_in(req), DRIVERS)
        raise NoSuchPath(path=req.path)


def _require(peer: Peer, roles: Set[Role]) -> None:
    if peer.role not in roles:
        raise NotAllowed(caller=repr(peer.name), role=repr(peer.role))
