"""The engine as its callers see it: read through the store, change through commands."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from hosted_engine.authority import SiteAuthority
from hosted_engine.engine.command import Command, Dependencies
from hosted_engine.engine.entity.request import Elements, Request
from hosted_engine.engine.loop import Loop
from hosted_engine.engine.nodes.joining.registrations import Registrations, expire
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Fleet, Store
from hosted_engine.engine.tasks.history import sweep
from hosted_engine.engine.tasks.locks import Locks
from hosted_engine.engine.tasks.runner import Running, TaskRunner
from hosted_engine.engine.transfers.history import forget_past
from hosted_engine.engine.transfers.proxy import TransferProxy
from hosted_engine.engine.users.account_changes import end_expired
from hosted_engine.engine.users.directories import Directories
from hosted_engine.engine.users.lockout import forget as forget_addresses
from hosted_engine.engine.users.model import Caller
from hosted_engine.waiting import Poller
from node.periodic import periodically


class Engine:
    """`store.read` is for reading. Whatever writes does so in `loop`: commands, which `perform` takes there, and what
    belongs to none (sessions, registrations). `readings` holds what the nodes said last (memory, load, mounts). `clock`
    answers seconds since the epoch, by the poller's, `periodically` works on the same.

    Commands: hosted_engine.engine.tasks.registry knows them all.
    """

    def __init__(
        self,
        store: Store,
        fleet: Fleet,
        *,
        readings: Readings,
        locks: Locks,
        poller: Poller,
        authority: SiteAuthority,
        proxy: TransferProxy,
        directories: Directories,
    ) -> None:
        self.store = store
        self.readings = readings
        self.directories = directories
        self.loop = Loop()
        self.clock: Callable[[], float] = poller.clock.now
        self.periodically = partial(periodically, poller.clock)
        self.registrations = Registrations(store, authority, self.clock)
        self._dependencies = Dependencies(store, fleet, self.clock, readings, poller, authority, proxy)
        self._tasks = TaskRunner(self._dependencies, readings, locks, self.clock)

    async def perform(self, command: Command, caller: Caller) -> Running:
        """Let `command` in and return at once; `Running.command` has the ids of what it makes, `Running.wait()` waits
        for its end. Raises Refused (problems of the subject) when it is not let in; then nothing was changed."""
        return await self.loop.run(self._tasks.perform(command, caller))

    async def ask(self, request: Request, caller: Caller, ids: Mapping[str, str], given: Mapping[str, Any]) -> Elements:
        """What a node says to it. Raises what the request raises."""
        return await self.loop.run(request.answer(self._dependencies, caller, ids, given))

    def resume(self) -> int:
        """Go on with what a crash interrupted: once, before the first command. Returns how many tasks there were."""
        return self._tasks.resume()

    def sweep(self) -> None:
        """Forget what is over for long; call it now and then."""
        with self.store.transaction() as tx:
            sweep(tx, self.clock())
            expire(tx, self.clock())
            forget_addresses(tx, self.clock())
            end_expired(tx, self.clock())
            forget_past(tx, self.clock())

    async def stop(self) -> None:
        """Leave running tasks to the next start."""
        await self._tasks.stop()
