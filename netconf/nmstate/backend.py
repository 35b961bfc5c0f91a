"""Carries a plan out through nmstate, which does so through NetworkManager and under a checkpoint of its.

nmstate is told to keep its profiles in memory. They are saved when the change is confirmed: until then whatever dies,
also the machine, comes back with the earlier configuration.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil
from pathlib import Path, PurePath
from uuid import uuid4

from netconf.backend import NOTHING
from netconf.errors import ChangeFailed, ChangePending, CheckpointGone, Problem
from netconf.kernel.observe import observe
from netconf.kernel.taps import plug, taps
from netconf.model import Checkpoint, NetworkState
from netconf.networkmanager.bus import Bus, answers, connect
from netconf.networkmanager.known import with_known
from netconf.networkmanager.recovery import controllers_first, resume, start, wait_idle, wait_until
from netconf.networkmanager.sriov import check
from netconf.nmstate.adapter import adapted, checkpoint_name, is_old
from netconf.nmstate.documents import desired_document, dns, freed, known, started, with_profiles
from netconf.nmstate.process import CHILD, Answer, Library
from netconf.nmstate.record import Phase, Record, Records
from netconf.planning.completion import complete
from netconf.planning.merge import expected_state
from netconf.planning.plan import Step, plan

STATE_FOLDER = Path("/var/lib/trivet/netconf")
_IN_MEMORY = Path("/run/NetworkManager/system-connections")
_PATH = "/org/freedesktop/NetworkManager/Checkpoint/"
_SHOW_S, _END_S, _SETTLE_S, _CONFIRM_S = 60, 60, 45, 30


class Nmstate:
    """`child` starts netconf/nmstate/child.py with an interpreter that has libnmstate, by default our own.
    `bus_address`, `netns` and `in_memory` reach into another machine's namespaces, for tests."""

    name = "nmstate"

    def __init__(
        self,
        *,
        child: Sequence[str] = CHILD,
        state_folder: Path = STATE_FOLDER,
        bus_address: str | None = None,
        netns: str | None = None,
        in_memory: Path = _IN_MEMORY,
    ) -> None:
        self._library, self._in_memory = Library(child), in_memory
        self._records = Records(state_folder)
        self._bus_address = bus_address
        self._netns = netns
        self._version = ""  # of nmstate; known when it was asked for the first time
        self._plugged: dict[str, str] = {}  # before the change that is not confirmed yet

    async def answers(self) -> bool:
        return await answers(self._bus_address)

    async def show(self) -> NetworkState:
        return (await self._show())[0]

    async def roll_back_unconfirmed(self, plugged: Mapping[str, str] = NOTHING) -> None:
        async with connect(self._bus_address) as bus:
            record, opened = self._records.read(), await _open(bus)
            if record is not None and record.phase is Phase.CONFIRMING and record.number not in opened:
                await self._save(bus, record)
                await self._finish(bus, record)
            elif opened:
                if record is None or not _is_its(record, opened):
                    raise ChangePending()
                await self._back(bus, opened[0])
            elif record is not None and await _died_over(record, bus):
                await self._forget(bus, record)
            elif self._plugged or plugged:
                await wait_idle(bus)
            await asyncio.to_thread(plug, dict(plugged) | self._plugged, self._netns)
            self._plugged = {}

    async def wait_idle(self) -> None:
        async with connect(self._bus_address) as bus:
            await wait_idle(bus)

    async def resume(self) -> None:
        async with connect(self._bus_address) as bus:
            await resume(bus, self._observe)

    async def apply(self, desired: NetworkState, steps: tuple[Step, ...], confirm_within_s: int) -> Checkpoint:
        async with connect(self._bus_address) as bus:
            if await _open(bus):
                raise ChangePending()
            observed, version = await self._show()
            completed = complete(desired, observed)
            check(started(completed, steps), completed, observed)
            document = adapted(
                version, desired_document(desired, observed), expected_state(completed, observed), observed
            )
            before, until_s = await _unsaved(bus), time.monotonic() + confirm_within_s
            record = Record(
                uuid4().hex,
                Phase.BEGUN,
                gone=freed(desired, observed, steps),
                owner=await bus.owner(),
                before=tuple(sorted(before)),
            )
            self._records.write(record)
            self._plugged = plugged = taps(observed)
            try:
                await self._ask("apply", confirm_within_s / 2, state=document, timeout_s=confirm_within_s)
                number = await _only(bus)
                made = tuple(sorted(await _unsaved(bus) - before))
                record = replace(record, phase=Phase.APPLIED, number=number, profiles=made)
                self._records.write(record)
                await asyncio.to_thread(plug, plugged, self._netns)
                await self._verify(desired, confirm_within_s / 4)
                # nmstate has begun the time anew while it was at work.
                await bus.extend_checkpoint(_PATH + number, max(1, ceil(until_s - time.monotonic())))
            except BaseException as err:
                now = await self._roll_back(bus, record)
                await asyncio.to_thread(plug, plugged, self._netns)
                if isinstance(err, Exception):
                    raise ChangeFailed(reason=_reason(err), now=now) from err
                raise
            return Checkpoint(f"{number}:{record.mark}")

    async def confirm(self, checkpoint: Checkpoint) -> None:
        record = self._record_of(checkpoint)
        async with connect(self._bus_address) as bus:
            opened = await _open(bus)
            if record.phase in (Phase.APPLIED, Phase.CONFIRMING) and record.number in opened:
                await bus.extend_checkpoint(_PATH + record.number, _CONFIRM_S)
                record = replace(record, phase=Phase.CONFIRMING)
                self._records.write(record)
                await self._save(bus, record)
                await self._end(bus, "commit", record.number)
                self._plugged = {}
            elif record.phase is Phase.CONFIRMING:
                await self._save(bus, record)
            elif record.phase is not Phase.CONFIRMED:
                raise CheckpointGone()
            await self._finish(bus, record)

    async def roll_back(self, checkpoint: Checkpoint) -> None:
        record = self._record_of(checkpoint)
        if record.phase in (Phase.CONFIRMING, Phase.CONFIRMED):
            raise CheckpointGone()
        async with connect(self._bus_address) as bus:
            plugged = taps(await asyncio.to_thread(observe, self._netns))
            if record.number in await _open(bus):
                await self._back(bus, record.number)
            elif await _died_over(record, bus):
                await self._forget(bus, record)
            await asyncio.to_thread(plug, plugged, self._netns)

    async def _ask(self, do: str, within_s: float, **values: object) -> Answer:
        answer = await asyncio.to_thread(lambda: self._library.ask(do, within_s=within_s, **values))
        self._version = answer.version
        return answer

    async def _show(self) -> tuple[NetworkState, str]:
        """The network, and the version of nmstate."""
        kernel, answer = await asyncio.gather(asyncio.to_thread(observe, self._netns), self._ask("show", _SHOW_S))
        async with connect(self._bus_address) as bus:
            said = with_profiles(known(answer.result), await bus.known(), old=is_old(answer.version))
        interfaces = tuple(with_known(i, said[i.name]) if i.name in said else i for i in kernel.interfaces)
        return replace(kernel, interfaces=interfaces, dns=dns(answer.result)), answer.version

    async def _verify(self, desired: NetworkState, within_s: float) -> None:
        left: tuple[Step, ...] = ()

        async def as_wanted() -> bool:
            nonlocal left
            left = plan(desired, await self.show())
            return not left

        if not await wait_until(as_wanted, within_s):
            raise _Left(f"after the change this is still to be done: {'; '.join(step.description for step in left)}")

    def _record_of(self, checkpoint: Checkpoint) -> Record:
        record = self._records.read()
        if record is None or checkpoint.id != f"{record.number}:{record.mark}":
            raise CheckpointGone()
        return record

    async def _save(self, bus: Bus, record: Record) -> None:
        for profile in await bus.profiles():
            if profile.uuid in record.profiles and profile.unsaved and profile.interface not in record.gone:
                await bus.save_profile(profile.path)

    async def _finish(self, bus: Bus, record: Record) -> None:
        """What is left when the checkpoint is no more: profiles that the next boot would come up with."""
        for profile in await bus.profiles():
            if profile.interface in record.gone and not profile.made_up:
                await bus.delete_profile(profile.path)
        self._records.write(replace(record, phase=Phase.CONFIRMED))

    async def _end(self, bus: Bus, how: str, number: str) -> None:
        """`how` is commit or rollback. Over the bus where nmstate cannot. Raises CheckpointGone for a late commit."""
        try:
            version = self._version or (await self._ask("show", _SHOW_S)).version
            await self._ask(how, _END_S, checkpoint=checkpoint_name(version, number))
        except Problem as err:
            if number not in await _open(bus):
                if how == "commit":
                    raise CheckpointGone() from err
            elif how == "commit":
                await bus.destroy_checkpoint(_PATH + number)
            else:
                await bus.roll_back_checkpoint(_PATH + number)

    async def _back(self, bus: Bus, number: str) -> None:
        await self._end(bus, "rollback", number)
        await wait_idle(bus)

    async def _roll_back(self, bus: Bus, record: Record) -> str:
        """Take the change back; returns in words how that went. nmstate does so by itself when an error is its own, and
        a NetworkManager that died is waited for."""
        try:
            await wait_until(lambda: answers(self._bus_address), _SETTLE_S)
            for number in await _open(bus):
                await self._back(bus, number)
            if await _died_over(record, bus):
                await self._forget(bus, record)
            await wait_idle(bus)
        except Problem as err:
            return f"going back failed too ({err.text.why}), NetworkManager tries again when the time is over"
        return "the earlier configuration is back"

    async def _forget(self, bus: Bus, record: Record) -> None:
        """What another NetworkManager has found in /run and came up with: it was in memory only. Were these profiles
        deleted over the bus, those below them on the disk would go, too."""
        mine = [p for p in await bus.profiles() if p.unsaved and not p.made_up and p.uuid not in record.before]
        for profile in mine:
            (self._in_memory / PurePath(await bus.file(profile.path)).name).unlink(missing_ok=True)
        await bus.reload()
        uuids = {profile.uuid for profile in mine}
        await wait_idle(bus)
        await start(bus, controllers_first(p for p in await bus.profiles() if p.uuid in uuids and p.autoconnect))
        await resume(bus, self._observe)

    async def _observe(self) -> NetworkState:
        return await asyncio.to_thread(observe, self._netns)


class _Left(Exception):
    """What the plan still finds to do, in words."""


def _reason(err: Exception) -> str:
    return err.text.why if isinstance(err, Problem) else str(err) or type(err).__name__


def _is_its(record: Record, opened: Sequence[str]) -> bool:
    """Whether an open checkpoint is that of the record; while nmstate is at work nobody knows its number yet."""
    return record.phase is Phase.BEGUN or (record.phase is Phase.APPLIED and record.number in opened)


async def _died_over(record: Record, bus: Bus) -> bool:
    """Whether NetworkManager was started anew since the change was begun, which nobody has confirmed."""
    return record.phase in (Phase.BEGUN, Phase.APPLIED) and record.owner not in ("", await bus.owner())


async def _open(bus: Bus) -> list[str]:
    """The numbers of NetworkManager's checkpoints."""
    return [path.removeprefix(_PATH) for path in await bus.checkpoints()]


async def _only(bus: Bus) -> str:
    """The number of the checkpoint that nmstate has left open. Raises _Left."""
    opened = await _open(bus)
    if len(opened) != 1:
        raise _Left(
            f"nmstate has left {len(opened)} checkpoints of NetworkManager instead of one: was that started anew?"
        )
    return opened[0]


async def _unsaved(bus: Bus) -> set[str]:
    return {profile.uuid for profile in await bus.profiles() if profile.unsaved and not profile.made_up}
