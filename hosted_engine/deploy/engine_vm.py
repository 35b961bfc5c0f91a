"""Steps that bring the engine VM up, or remove it, and see that the engine in it has taken the site over."""

import asyncio
from collections.abc import Iterable

import msgspec

from hosted_engine import site as seed
from hosted_engine.deploy import desired_state
from hosted_engine.deploy.context import DeployContext
from hosted_engine.deploy.decisions import VOLUMES
from hosted_engine.deploy.engine_client import Engine
from hosted_engine.deploy.folder import ENGINE
from hosted_engine.deploy.plan import PlannedStep
from hosted_engine.ha.engine_vm_choice import choose
from node.api.contract import NodeApi
from node.api.messages.images import SeedFile, SeedRequest
from node.api.messages.mounts import HOSTED_ENGINE
from node.api.messages.vms import VmReport, VmSpec, VmState
from node.api.problems import Failed, NodeNonResponsive, Problem, RemoteFailed, RemoteRefused

HEALTH_S = 900  # an emulated processor on a busy machine boots Debian in minutes
HAND_OVER_S = 300
CONSOLE_LINES = 12

ObservedVm = VmReport | Problem | None  # None: the node does not know the VM; a Problem: nobody knows


class ImageMissing(Failed):
    what = "The seed disk of the engine cannot be made"
    why = "the test guest's image is not on volume data"
    mend = "Run the deploy again"


class EngineDown(Failed):
    what = "The engine VM went down before the engine in it served"
    why = "{reason}. Its console ended with:\n{console}\n"
    mend = "Mend what the console names and run the deploy again: it starts the VM again"


class EngineVm:
    def __init__(self, context: DeployContext) -> None:
        self._context = context
        self._vm_id = context.decisions.engine_vm_id

    async def seed(self, step: PlannedStep) -> None:
        context = self._context
        ids = dict(await asyncio.gather(*(self._node_id(node.name) for node in context.answers.nodes)))
        async with context.member(step.nodes[0]) as api:
            tiny = await api.image(context.decisions.tiny)
            if tiny is None:
                raise ImageMissing
            code = context.folder.recovery_code()
            site = desired_state.site(context.answers, context.decisions, ids, tiny, recovery_code=code)
            authority, engine = context.folder.authority(), context.folder.pair(ENGINE)
            texts = {
                seed.SITE_FILE: msgspec.json.encode(site).decode(),
                seed.AUTHORITY_CERTIFICATE_FILE: authority.certificate,
                seed.AUTHORITY_KEY_FILE: authority.key,
                seed.ENGINE_CERTIFICATE_FILE: engine.certificate,
                seed.ENGINE_KEY_FILE: engine.key,
            }
            system = desired_state.system_files(context.answers).items()
            files = (
                *(SeedFile(path=path, text=text) for path, text in texts.items()),
                *(SeedFile(path=f"{seed.SYSTEM_FOLDER}/{path}", text=text, mode=0o644) for path, text in system),
            )
            await api.make_seed(context.decisions.seed, SeedRequest(label=seed.SEED_LABEL, files=files))

    async def _node_id(self, name: str) -> tuple[str, str]:
        async with self._context.member(name) as api:
            return name, (await api.identity()).node_id

    async def stop(self, step: PlannedStep) -> None:
        """Wherever it runs; it is not asked to shut down, for its disk goes too."""
        for name in step.nodes:
            async with self._context.member(name) as api:
                report = await api.vm(self._vm_id)
                if report is not None and report.state is not VmState.DOWN:
                    await api.destroy_vm(self._vm_id)

    async def start(self, step: PlannedStep) -> None:
        what = "the engine VM runs"
        limit_s = desired_state.lease_wait_s(self._context.answers)
        await self._context.poller.until(what, lambda: self._why_not_started(step.nodes), limit_s=limit_s)

    async def _why_not_started(self, names: Iterable[str]) -> str | None:
        """Start the VM on the first node that can, unless one runs it; its lease keeps it from running twice."""
        observed = await self._observe(names)
        if any(isinstance(one, VmReport) and one.state is not VmState.DOWN for one in observed.values()):
            return None
        reasons = []
        for name, one in observed.items():
            if isinstance(one, Problem):
                reasons.append(str(one))
                continue
            try:
                async with self._context.member(name) as api:
                    await api.start_vm(await _next_engine_vm(api))
            except (NodeNonResponsive, RemoteRefused, RemoteFailed) as err:
                reasons.append(str(err))
            else:
                return None
        return "; ".join(reasons)

    async def health(self, step: PlannedStep) -> None:
        what = "the engine serves"
        await self._context.poller.until(what, lambda: self._why_not_healthy(step.nodes), limit_s=HEALTH_S)

    async def _why_not_healthy(self, names: Iterable[str]) -> str | None:
        reason = await self._engine().why_not_healthy()
        if reason is None:
            return None
        observed = await self._observe(names)
        states = [one.state for one in observed.values() if isinstance(one, VmReport)]
        if all(state is VmState.DOWN for state in states) and not any(
            isinstance(o, Problem) for o in observed.values()
        ):
            if await self._is_guarded(names):
                return f"the VM is down, and trivet-ha is to start it ({_format_vm(observed)})"
            raise EngineDown(reason=_format_vm(observed), console=await self._console(observed))
        return f"the VM is {', '.join(states) or 'out of sight'}, the engine in it does not serve yet ({reason})"

    async def _is_guarded(self, names: Iterable[str]) -> bool:
        """Whether trivet-ha is at work on one of these nodes, and nobody has told it to leave the engine alone."""
        for name in names:
            try:
                async with self._context.member(name) as api:
                    report = await api.ha()
            except (NodeNonResponsive, RemoteRefused, RemoteFailed):
                continue
            if report.configured and report.active and not report.global_maintenance:
                return True
        return False

    async def hand_over(self, step: PlannedStep) -> None:
        async def why_not() -> str | None:
            return "; ".join(await self._engine().missing(step.nodes, VOLUMES)) or None

        await self._context.poller.until("the engine has taken over all", why_not, limit_s=HAND_OVER_S)

    def _engine(self) -> Engine:
        return self._context.connector.engine(self._context.answers, self._context.decisions)

    async def _observe(self, names: Iterable[str]) -> dict[str, ObservedVm]:
        async def one(name: str) -> tuple[str, ObservedVm]:
            try:
                async with self._context.member(name) as api:
                    return name, await api.vm(self._vm_id)
            except (NodeNonResponsive, RemoteRefused, RemoteFailed) as err:
                return name, err

        return dict(await asyncio.gather(*map(one, names)))

    async def _console(self, observed: dict[str, ObservedVm]) -> str:
        """The end of the console of the VM that went down last."""
        downs = [(one.since, name) for name, one in observed.items() if isinstance(one, VmReport)]
        if not downs:
            return "(nothing)"
        try:
            async with self._context.member(max(downs)[1]) as api:
                text = (await api.console_log(self._vm_id)).text
        except Problem as err:
            return f"({err})"
        return "\n".join(text.splitlines()[-CONSOLE_LINES:]) or "(nothing)"


async def _next_engine_vm(api: NodeApi) -> VmSpec:
    """What trivet-ha would start as well."""
    return choose(await api.engine_vm(HOSTED_ENGINE)).config


def _format_vm(observed: dict[str, ObservedVm]) -> str:
    reports = [
        f"{name}: {one.reason} {one.detail}".strip() for name, one in observed.items() if isinstance(one, VmReport)
    ]
    return "; ".join(reports) or "no node knows the VM"
