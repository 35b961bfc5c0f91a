"""Steps that hand the engine to trivet-ha, which keeps it alive without the deploy and without the engine."""

import hashlib

from hosted_engine.deploy import desired_state
from hosted_engine.deploy.added import check_timers_can_change, read_added
from hosted_engine.deploy.context import DeployContext
from hosted_engine.deploy.plan import Kind, PlannedStep
from node.api.contract import NodeApi
from node.api.messages.ha import EngineVmConfig, SiteFilesReport, SiteFilesRequest
from node.api.messages.mounts import HOSTED_ENGINE
from node.api.problems import RemoteFailed
from node.storage.engine_vm_files import EngineVmFileDamaged


class KeepAlive:
    def __init__(self, context: DeployContext) -> None:
        self._context = context

    async def write(self, step: PlannedStep) -> None:
        context = self._context
        authority, changing = context.folder.authority().certificate, step.kind is Kind.PREPARE
        async with context.member(step.nodes[0]) as api:
            edited, added = await edited_engine_vm(api), await read_added(api, context.answers)
            if changing:
                check_timers_can_change(added)
            files = desired_state.ha_files(
                context.answers, context.decisions, authority, edited, added=added, changing_timers=changing
            )
            await api.write_site_files(HOSTED_ENGINE, SiteFilesRequest(files=files))

    async def start(self, step: PlannedStep) -> None:
        for name in step.nodes:
            async with self._context.member(name) as api:
                await api.deploy_hosted_engine()

    async def stop(self, step: PlannedStep) -> None:
        for name in step.nodes:
            async with self._context.member(name) as api:
                await api.undeploy_hosted_engine()


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
