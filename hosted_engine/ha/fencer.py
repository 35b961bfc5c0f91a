"""Cuts the power of a lost host by its fence device, and ends that host's life for sanlock. In threads of its own."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from hosted_engine.ha.fence_agents import FenceAgents
from hosted_engine.ha.fence_settings import FenceDevice, FenceSettings
from hosted_engine.ha.host_id_lease import HostId, HostIdLeases, StillRenews
from hosted_engine.ha.ranking import is_alive
from hosted_engine.ha.states import Fencing, State
from hosted_engine.ha.view import Decision, View
from hosted_engine.ha.whiteboard import HostBlock
from node.api.problems import Failed, Problem
from node.system.threads import Threads

log = logging.getLogger(__name__)

ASK_EVERY_S = 60.0  # a device, and for more than six peers ten seconds for each: they all ask it
_STARTED = frozenset({State.ENGINE_STARTING, State.ENGINE_UP})


class NotOff(Failed):
    what = "The power of {node} was not cut"
    why = "{reason}"
    mend = "Nothing: the lease is waited for. Look at its fence device: trivet ha fence test {node}"


class NotConfirmedOff(Failed):
    what = "Host {host_id} was not given another life"
    why = "its power was not confirmed to be off"
    mend = "Nothing: the lease is waited for"


@dataclass(frozen=True, slots=True)
class Off:
    """A host whose device says that it is off. `sequence`: of its last heartbeat before; `then`: its host id as it was
    once that was known."""

    sequence: int | None
    then: HostId


@dataclass(frozen=True, slots=True)
class _Answer:
    device: FenceDevice
    at: float
    answered: bool


class Fencer:
    """`peers`: names by host id. `settings` gives the last that could be read and does not block. `note_over`: a life
    of a host, by its number and generation, is over for sanlock."""

    def __init__(
        self,
        peers: Mapping[int, str],
        settings: Callable[[], FenceSettings],
        agents: FenceAgents,
        host_ids: HostIdLeases,
        *,
        note_over: Callable[[int, int], None],
        monotonic: Callable[[], float],
    ) -> None:
        self._peers, self._settings, self._agents, self._host_ids = dict(peers), settings, agents, host_ids
        self._note_over, self._monotonic = note_over, monotonic
        self._side_by_side = ThreadPoolExecutor(4, thread_name_prefix="fence device")
        self._threads = Threads("fence", 2)
        self._answers: dict[int, _Answer] = {}
        self._sequences: dict[int, int] = {}
        self._off: dict[int, Off] = {}
        self._liars: dict[int, FenceDevice] = {}
        self._to_power_on: dict[int, FenceDevice] = {}

    def observe(self) -> dict[int, bool]:
        """Whether each device answered when it was last asked, by host id; asks those whose turn it is. Blocks."""
        devices = {host_id: device for host_id in self._peers if (device := self._device(host_id)) is not None}
        now, every_s = self._monotonic(), max(ASK_EVERY_S, 10.0 * len(devices))
        due = {host_id: one for host_id, one in devices.items() if self._is_due(host_id, one, now - every_s)}
        asked = {host_id: self._side_by_side.submit(self._answers_status, one) for host_id, one in due.items()}
        for host_id, answer in asked.items():
            self._answers[host_id] = _Answer(due[host_id], now, answer.result())
        return {host_id: self._answers[host_id].answered for host_id in devices}

    def facts(
        self, answers: Mapping[int, bool], blocks: Iterable[tuple[int, HostBlock | object]]
    ) -> tuple[tuple[int, Fencing], ...]:
        """What can be done about each peer, in this round; `answers`: the last of `observe`."""
        for host_id, block in blocks:
            if isinstance(block, HostBlock):
                self._note_sequence(host_id, block.sequence)
        return tuple((host_id, self._fencing(host_id, answers)) for host_id in self._peers)

    async def fence(self, host_id: int) -> None:
        """Return when its device has said that it is off. Raises Problem."""
        sequence, device = self._sequences.get(host_id), self._device(host_id)
        if device is None:
            raise NotOff(node=self._peers.get(host_id, str(host_id)), reason="it has no fence device any more")
        log.warning("cutting the power of %s by %s at %s", self._peers[host_id], device.agent, device.address)
        then = await self._threads(self._cut, host_id, device)
        self._off[host_id] = Off(sequence, then)
        if device.power_on:
            self._to_power_on[host_id] = device
        log.warning("%s is off, says its device", self._peers[host_id])

    async def free_host_id(self, host_id: int) -> None:
        """Return when nothing that it owned counts any more. Raises Problem."""
        off = self._off.get(host_id)
        if off is None:
            raise NotConfirmedOff(host_id=host_id)
        try:
            await self._threads(self._host_ids.begin_another_life, host_id, off.then)
        except StillRenews:
            device = self._device(host_id)
            if device is not None:
                self._liars[host_id] = device
            del self._off[host_id]
            raise
        log.warning("what %s owned is over (generation %d of its host id)", self._peers[host_id], off.then.generation)
        self._note_over(host_id, off.then.generation)

    def after_round(self, view: View, decision: Decision) -> None:
        """Switch what was fenced on again, once, as soon as the engine has been started."""
        if not self._to_power_on or not _is_engine_started(view, decision, but=self._to_power_on):
            return
        for host_id, device in self._to_power_on.items():
            self._side_by_side.submit(self._power_on, host_id, device)
        self._to_power_on = {}

    def _device(self, host_id: int) -> FenceDevice | None:
        return self._settings().devices.get(self._peers.get(host_id, ""))

    def _is_due(self, host_id: int, device: FenceDevice, since: float) -> bool:
        last = self._answers.get(host_id)
        return last is None or last.device != device or last.at <= since

    def _answers_status(self, device: FenceDevice) -> bool:
        try:
            self._agents.status(device)
        except Problem as err:
            log.warning("%s", err)
            return False
        return True

    def _note_sequence(self, host_id: int, sequence: int) -> None:
        """A heartbeat after it was said to be off: it has been switched on again, or it never was off."""
        self._sequences[host_id] = sequence
        off = self._off.get(host_id)
        if off is not None and off.sequence != sequence:
            del self._off[host_id]
            self._to_power_on.pop(host_id, None)

    def _fencing(self, host_id: int, answers: Mapping[int, bool]) -> Fencing:
        device = self._device(host_id)
        if device is None:
            return Fencing.NONE
        if self._liars.get(host_id) == device:
            return Fencing.FAILED
        if host_id in self._off:
            return Fencing.CONFIRMED
        return Fencing.READY if answers.get(host_id) else Fencing.FAILED

    def _cut(self, host_id: int, device: FenceDevice) -> HostId:
        self._agents.off(device)
        return self._host_ids.read(host_id)

    def _power_on(self, host_id: int, device: FenceDevice) -> None:
        try:
            self._agents.on(device)
        except Problem as err:
            log.warning("%s stays off: %s", self._peers[host_id], err)
        else:
            log.info("%s is switched on again", self._peers[host_id])


def _is_engine_started(view: View, decision: Decision, but: Collection[int]) -> bool:
    """Here, or a living peer says so; what the hosts `but` said last is of the time before."""
    others = [peer for peer in view.peers if peer.host_id not in but and is_alive(view, peer)]
    return decision.state in _STARTED or any(
        isinstance(peer.block, HostBlock) and peer.block.state in _STARTED for peer in others
    )
