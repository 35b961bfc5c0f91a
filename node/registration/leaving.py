"""A node leaves its site only when nothing of the site is left on it: nobody could remove that afterwards."""

from collections.abc import Awaitable, Callable, Sequence

from node.api.messages.identity import Leave
from node.api.refusals import NotBare
from node.registration.join_files import JoinFiles
from node.registration.membership import Membership
from node.system.threads import Threads


class Leaving:
    """`things` names what of the site the node still has."""

    def __init__(
        self,
        membership: Membership,
        join_files: JoinFiles,
        threads: Threads,
        *,
        things: Callable[[], Awaitable[Sequence[str]]],
    ) -> None:
        self._membership = membership
        self._join_files = join_files
        self._threads = threads
        self._things = things

    async def leave(self, leave: Leave) -> None:
        if things := await self._things():
            raise NotBare(things=", ".join(things))
        if not leave.continue_asking:
            await self._threads(self._join_files.forget)
        await self._threads(self._membership.end, leave)
