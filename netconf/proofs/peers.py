"""The proof by those that this machine talks to: who answered before the change answers after it."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self

from netconf.kernel.conversations import Conversation, conversations
from netconf.proofs.machines import is_here
from netconf.proofs.proof import Run, run
from netconf.uptime import uptime_s

_MOST = 16
_CONNECT_S = 1


@dataclass(frozen=True, slots=True)
class Peer:
    """Another machine, and the port of it that a connection leads to. With `speaks` whoever asks for the change speaks
    over that connection: what they are told there, they acknowledge."""

    address: str
    port: int
    speaks: bool = False


class Asking:
    """How a machine is asked: it answers a ping, takes or refuses a connection, or acknowledges what it is told."""

    def __init__(
        self,
        *,
        talks: Callable[[], tuple[Conversation, ...]] = conversations,
        run: Run = run,
        clock: Callable[[], float] = uptime_s,
    ) -> None:
        self._talks, self._run, self.clock = talks, run, clock

    async def peers(self, ssh_connection: str) -> tuple[Peer, ...]:
        """Of all connections, that of SSH first (`ssh_connection` as sshd has it); a machine once. Raises
        NotReported."""
        return chosen(await asyncio.to_thread(self._talks), ssh_connection)

    async def answers(self, peer: Peer, since_s: float) -> bool:
        """`since_s` is in seconds since the machine's start."""
        if is_here(peer.address):  # by now: this machine has taken its address
            return False
        return await self._pings(peer) or await _refuses_or_takes(peer) or await self._has_received(peer, since_s)

    async def _pings(self, peer: Peer) -> bool:
        return await self._run("ping", "-n", "-q", "-c", "1", "-W", "1", peer.address)

    async def _has_received(self, peer: Peer, since_s: float) -> bool:
        if not peer.speaks:
            return False
        now_s = self.clock()  # before the look, which may take its time: rather too early than too late
        talks = await asyncio.to_thread(self._talks)
        heard = (talk.received_s for talk in talks if (talk.peer, talk.port) == (peer.address, peer.port))
        return any(now_s - heard_s > since_s for heard_s in heard)


class PeersStillAnswer:
    """Of `peers`, which have answered before the change."""

    def __init__(self, peers: tuple[Peer, ...], asking: Asking) -> None:
        self._unreachable, self._asking = peers, asking
        self._since_s: float | None = None
        self.description = (
            f"those that this machine talks to still answer ({', '.join(peer.address for peer in peers)})"
        )

    @classmethod
    async def of_now(cls, asking: Asking, ssh_connection: str, report: Callable[[str], None]) -> Self | None:
        """To be made before the change; None when nobody answers. `report` tells whoever asks for it."""
        peers, since_s = await asking.peers(ssh_connection), asking.clock()
        if peers:
            report("Looking who of those that this machine talks to answers now")
        answers = await asyncio.gather(*(asking.answers(peer, since_s) for peer in peers))
        there = tuple(peer for peer, answered in zip(peers, answers, strict=True) if answered)
        return cls(there, asking) if there else None

    async def observe(self) -> None:
        """It was when this was made."""

    async def why_not(self) -> str | None:
        """One that has answered over the new path is not asked again."""
        if self._since_s is None:
            self._since_s = self._asking.clock()
        since_s = self._since_s
        answers = await asyncio.gather(*(self._asking.answers(peer, since_s) for peer in self._unreachable))
        self._unreachable = tuple(
            peer for peer, answered in zip(self._unreachable, answers, strict=True) if not answered
        )
        if not self._unreachable:
            return None
        names = ", ".join(peer.address for peer in self._unreachable)
        return f"no answer any more from {names} (--confirm-by says who need not answer)"


def chosen(talks: Iterable[Conversation], ssh_connection: str) -> tuple[Peer, ...]:
    """A few, with that of SSH first; pure."""
    address, port = (*ssh_connection.split(), "", "")[:2]
    peers = [Peer(talk.peer, talk.port, (talk.peer, str(talk.port)) == (address, port)) for talk in talks]
    peers.sort(key=lambda peer: not peer.speaks)
    return tuple({peer.address: peer for peer in reversed(peers)}.values())[::-1][:_MOST]


async def _refuses_or_takes(peer: Peer) -> bool:
    with contextlib.suppress(OSError, TimeoutError):
        try:
            async with asyncio.timeout(_CONNECT_S):
                _, writer = await asyncio.open_connection(peer.address, peer.port)
                writer.close()
        except ConnectionRefusedError:  # which only who is there can say
            pass
        return True
    return False
