"""A machine becomes a member of the site by a certificate, and stops being one."""

from dataclasses import replace

from hosted_engine.engine.certificates.renewal import renew
from hosted_engine.engine.nodes.joining.base import NodeWork
from node.api.messages.identity import Leave
from node.api.messages.registration import RegistrationState
from node.api.problems import Failed, NodeNonResponsive

CLAIM_S = 120.0
LEAVE_S = 90.0


class NotTheMachine(Failed):
    what = "Host {node} was not taken in"
    why = "at {address} another machine answers, with the key {found}"
    mend = "See which machines have that address"


class IdentityWork(NodeWork):
    async def take_in(self) -> None:
        """Sign, and wait until the machine has fetched its certificate and answers with it."""
        await self.until(f"{self.node().name} answers as a node of the site", self._why_not_member, CLAIM_S)

    async def _why_not_member(self) -> str | None:
        self._sign()
        node = self.node()
        try:
            async with self.connect() as api:
                found = (await api.identity()).fingerprint
        except NodeNonResponsive as err:
            return str(err)
        if found != node.fingerprint:
            raise NotTheMachine(node=node.name, address=node.address, found=found)
        return None

    def _sign(self) -> None:
        """Once: the machine may fetch it several times."""
        node, registration, now = self.node(), self.registration(), self.dependencies.clock()
        if registration.certificate_pem:
            return
        pem = self.dependencies.authority.sign(
            registration.request_pem, node.hostname, addresses=[node.address], now=now
        )
        accepted = replace(registration, state=RegistrationState.ACCEPTED, certificate_pem=pem, decided_at=now)
        with self.dependencies.store.transaction() as tx:
            tx.node_registrations.update(accepted)

    async def renew(self) -> float | None:
        """For the key that it has, also where its certificate is not valid at this time. Until when it is valid."""
        node = self.node()
        async with self.dependencies.fleet.connect_out_of_time(node) as api:
            return await renew(api, node, self.dependencies.authority, self.dependencies.clock(), anyway=True)

    async def send_back(self) -> None:
        """Undo of `take_in`: the machine asks again, as before."""
        registration, now = self.registration(), self.dependencies.clock()
        withdrawn = replace(
            registration, state=RegistrationState.PENDING, certificate_pem="", since=now, decided_at=now
        )
        with self.dependencies.store.transaction() as tx:
            tx.node_registrations.update(withdrawn)
        await self._leave(Leave(continue_asking=True))

    async def let_go(self) -> None:
        """It belongs to nobody from now on, and asks nobody."""
        await self._leave(Leave())

    async def _leave(self, leave: Leave) -> None:
        async def why_still_member() -> str | None:
            node = self.node()
            if await self.dependencies.fleet.is_unclaimed(node):
                return None
            try:
                async with self.connect() as api:
                    await api.leave(leave)
            except NodeNonResponsive as err:
                return str(err)
            return None

        await self.until(f"{self.node().name} has left the site", why_still_member, LEAVE_S)
