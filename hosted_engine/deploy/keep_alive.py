"""Steps that hand the engine to trivet-ha, which keeps it alive without the deploy and without the engine."""

import hashlib

from hosted_engine.deploy import wishes
from hosted_engine.deploy.added import check_timers_can_change, read_added
from hosted_engine.deploy.plan import Kind, Todo
from hosted_engine.deploy.work import Work
from node.api.contract import NodeApi
from node.api.messages.ha import EngineVmConfig, SiteFilesReport, SiteFilesRequest
from node.api.messages.mounts import HOSTED_ENGINE
from node.api.problems import RemoteFailed
from node.storage.engine_vm_files import EngineVmFileDamaged


class KeepAlive:
    def __init__(self, work: Work) -> None:
        self._work = work

    async def write(self, todo: Todo) -> None:
        work = self._work
        authority, changing = work.folder.authority().certificate, todo.kind is Kind.PREPARE
        async with work.member(todo.nodes[0]) as api:
            edited, added = await edited_engine_vm(api), await read_added(api, work.answers)
            if changing:
                check_timers_can_change(added)
            files = wishes.ha_files(
                work.answers, work.decisions, authority, edited, added=added, changing_timers=changing
            )
            await api.write_site_files(HOSTED_ENGINE, SiteFilesRequest(files=files))

    async def keep(self, todo: Todo) -> None:
        for name in todo.nodes:
            async with self._work.member(name) as api:
                await api.keep_engine()

    async def release(self, todo: Todo) -> None:
        for name in todo.nodes:
            async with self._work.member(name) as api:
                await api.release_engine()


async def edited_engine_vm(api: NodeApi) -> EngineVmConfig | None:
    """The engine VM's configuration where it was changed through the engine's API: from then on memory and processors
    are the API's, not the answers'."""
    try:
        found = await api.engine_vm(HOSTED_ENGINE)
    except RemoteFailed as err:
        if err.text.code != EngineVmFileDamaged.__name__:
            raise
        return None  # it is not there yet
    return found.wanted if found.wanted.edit else None


def are_written(files: dict[str, str], report: SiteFilesReport | None) -> bool:
    """Whether the volume holds exactly these texts; others beside them do not matter."""
    wanted = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()}
    return report is not None and wanted.items() <= report.digests.items()
