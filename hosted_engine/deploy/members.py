"""Steps that make bare nodes members of a site, and take them out again: certificates, names, management network."""

import asyncio
from contextlib import suppress
from functools import partial

from cryptography import x509

from hosted_engine import management_network
from hosted_engine.authority import sign_node
from hosted_engine.deploy import desired_state
from hosted_engine.deploy.added import find_added, further
from hosted_engine.deploy.context import DeployContext
from hosted_engine.deploy.network import placement
from hosted_engine.deploy.plan import PlannedStep
from hosted_engine.management_network import Placement
from node.api.messages.identity import Claim, Leave
from node.api.messages.migration import MigrationRequest
from node.api.messages.network import NamesRequest, NetworkRequest
from node.api.problems import NodeNonResponsive, Problem, Refused, RemoteRefused
from node.api.refusals import JustClaimed
from node.changes import change_and_confirm
from node.tls import request_or_certificate_fingerprint

CLAIM_S = 60
NETWORK_S = 180  # a change whose answer was lost goes back by itself within 60 s, and can be asked for again


class NotTheNode(Refused):
    what = "{node} was not made a member"
    why = "the machine at {address} {reason}"
    mend = "Correct its address, name and fingerprint in the answers, as its own console shows them"


class Members:
    def __init__(self, context: DeployContext) -> None:
        self._context = context

    async def authority(self, _: PlannedStep) -> None:
        self._context.folder.make_authority(self._context.answers)

    async def claim(self, step: PlannedStep) -> None:
        for name in step.nodes:
            what = f"{name} answers as a member"
            await self._context.poller.until(what, partial(self._why_not_claimed, name), limit_s=CLAIM_S)

    async def _why_not_claimed(self, name: str) -> str | None:
        """Claim it, unless it is a member. A claim of a run that was killed may be under way there, and a node that
        has become a member is deaf for a moment."""
        if await self._why_not_member(name) is None:
            return None
        try:
            await self._sign(name)
        except NodeNonResponsive as err:
            return str(err)
        except RemoteRefused as err:
            if err.text.code != JustClaimed.__name__:
                raise
            return str(err)
        return await self._why_not_member(name)

    async def _why_not_member(self, name: str) -> str | None:
        try:
            async with self._context.member(name) as api:
                await api.identity()
        except Problem as err:
            return str(err)
        return None

    async def _sign(self, name: str) -> None:
        node = self._context.node(name)
        authority = self._context.folder.authority()
        async with self._context.connector.unclaimed(node) as api:
            identity = await api.identity()
            request = identity.certificate_request_pem
            if identity.name != name:
                raise NotTheNode(node=name, address=node.address.ip, reason=f"calls itself {identity.name}")
            if request_fingerprint(request) != node.fingerprint:
                raise NotTheNode(node=name, address=node.address.ip, reason="asks for a certificate for another key")
            certificate = sign_node(authority, request, name, addresses=[str(node.address.ip)])
            await api.claim(Claim(certificate_pem=certificate, authority_pem=authority.certificate))

    async def names(self, step: PlannedStep) -> None:
        """What others have told a node stays: the engine may be taking in another one."""
        wanted = desired_state.names(self._context.answers, await find_added(self._context))

        async def set_names(name: str) -> None:
            async with self._context.member(name) as api:
                await api.set_names(NamesRequest(names={**(await api.names()).names, **wanted}))

        await asyncio.gather(*map(set_names, step.nodes))

    async def network(self, step: PlannedStep) -> None:
        for name in step.nodes:
            what = f"{name} gets its management network"
            await self._context.poller.until(what, partial(self._why_not_on_bridge, name), limit_s=NETWORK_S)

    async def _why_not_on_bridge(self, name: str) -> str | None:
        return await self._why_network_not(name, management_network.on_bridge(self._place(name)))

    async def network_back(self, step: PlannedStep) -> None:
        for name in step.nodes:
            what = f"{name} has its address on its network card again"
            await self._context.poller.until(what, partial(self._why_not_on_nic, name), limit_s=NETWORK_S)

    async def _why_not_on_nic(self, name: str) -> str | None:
        """Asking for nothing takes back a change that nobody confirmed: only then a look can be believed. Without the
        bridge the network card is as it was before the deploy."""
        bridge = self._context.answers.management_network
        if (reason := await self._why_network_not(name, management_network.nothing())) is not None:
            return reason
        try:
            async with self._context.member(name) as api:
                if not management_network.has_bridge(bridge, (await api.network()).document):
                    return None
        except NodeNonResponsive as err:
            return str(err)
        return await self._why_network_not(name, management_network.on_nic(self._place(name)))

    def _place(self, name: str) -> Placement:
        return placement(self._context.answers, self._context.node(name))

    async def _why_network_not(self, name: str, request: NetworkRequest) -> str | None:
        """Ask for a change, and keep it once it is proven."""
        node = partial(self._context.member, name)
        witness = partial(self._context.member, await self._witness(name))
        try:
            await change_and_confirm(node, request, self._context.poller.clock, witness=witness)
        except NodeNonResponsive as err:
            return str(err)
        except RemoteRefused as err:
            if err.text.code in ("ChangePending", "CheckpointGone", "BackendReturned", "BackAgain"):
                return str(err)
            raise
        return None

    async def _witness(self, name: str) -> str:
        """The node that is asked over the changed network of `name`: itself. The one that the deploy runs on would
        answer over its loopback: for it another one that answers now, if there is one."""
        if name == self._context.connector.own(self._context.answers):
            for other in self._context.answers.nodes:
                if other.name != name and await self._why_not_member(other.name) is None:
                    return other.name
        return name

    async def forget_names(self, step: PlannedStep) -> None:
        for name in step.nodes:
            async with self._context.member(name) as api:
                await api.set_names(NamesRequest(names={}))

    async def migration(self, step: PlannedStep) -> None:
        answers = self._context.answers
        own = tuple(node.name for node in answers.nodes)
        added = [node.name for node in await find_added(self._context)]

        async def allow(name: str) -> None:
            async with self._context.member(name) as api:
                known = (await api.migration()).members
                await api.allow_migration(MigrationRequest(members=own + further(answers, (*known, *added))))

        await asyncio.gather(*map(allow, step.nodes))

    async def leave(self, step: PlannedStep) -> None:
        """The code of the answers is the node's claim code again, so that the answers stay good."""
        for name in step.nodes:
            what = f"{name} waits to be claimed"
            await self._context.poller.until(what, partial(self._why_still_member, name), limit_s=CLAIM_S)

    async def _why_still_member(self, name: str) -> str | None:
        """Let it leave, unless it has. It may begin to ask for the code before its answer is out."""
        if await self._why_not_unclaimed(name) is None:
            return None
        with suppress(NodeNonResponsive):
            async with self._context.member(name) as api:
                await api.leave(Leave(claim_code=self._context.node(name).claim_code))
        return await self._why_not_unclaimed(name)

    async def _why_not_unclaimed(self, name: str) -> str | None:
        try:
            async with self._context.connector.unclaimed(self._context.node(name)) as api:
                claimed = (await api.identity()).claimed
        except Problem as err:
            return str(err)
        return f"{name} is a member still" if claimed else None

    async def forget_authority(self, _: PlannedStep) -> None:
        self._context.folder.forget_authority()


def request_fingerprint(request_pem: str) -> str:
    """The fingerprint of the key of a certificate request; empty when it cannot be read."""
    try:
        return request_or_certificate_fingerprint(x509.load_pem_x509_csr(request_pem.encode()))
    except ValueError:
        return ""
