"""Steps that bring the engine VM up, or remove it, and see that the engine in it has taken the site over."""

import asyncio
from collections.abc import Iterable

import msgspec

from hosted_engine import site as seed
from hosted_engine.deploy import wishes
from hosted_engine.deploy.decisions import VOLUMES
from hosted_engine.deploy.engine_door import Engine
from hosted_engine.deploy.folder import ENGINE
from hosted_engine.deploy.plan import Todo
from hosted_engine.deploy.work import Work
from hosted_engine.ha.engine_vm_choice import choose
from node.api.contract import NodeApi
from node.api.messages.images import SeedFile, SeedRequest
from node.api.messages.mounts import HOSTED_ENGINE
from node.api.messages.vms import VmReport, VmSpec, VmState
from node.api.problems import Failed, NodeSilent, Problem, RemoteFailed, RemoteRefused

HEALTH_S = 900  # an emulated processor on a busy machine boots Debian in minutes
HAND_OVER_S = 300
CONSOLE_LINES = 12

VmSeen = VmReport | Problem | None  # None: the node does not know the VM; a Problem: nobody knows


class ImageMissing(Failed):
    what = "The seed disk of the engine cannot be made"
    why = "the test guest's image is not on volume data"
    mend = "Run the deploy again"


class EngineDown(Failed):
    what = "The engine VM went down before the engine in it served"
    why = "{reason}. Its console ended with:\n{console}\n"
    mend = "Mend what the console names and run the deploy again: it starts the VM again"


class EngineVm:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._vm_id = work.decisions.engine_vm_id

    async def seed(self, todo: Todo) -> None:
        work = self._work
        ids = dict(await asyncio.gather(*(self._node_id(node.name) for node in work.answers.nodes)))
        async with work.member(todo.nodes[0]) as api:
            tiny = await api.image(work.decisions.tiny)
            if tiny is None:
                raise ImageMissing
            code = work.folder.recovery_code()
            site = wishes.site(work.answers, work.decisions, ids, tiny, recovery_code=code)
            authority, engine = work.folder.authority(), work.folder.pair(ENGINE)
            texts = {
                seed.SITE_FILE: msgspec.json.encode(site).decode(),
                seed.AUTHORITY_CERTIFICATE_FILE: authority.certificate,
                seed.AUTHORITY_KEY_FILE: authority.key,
                seed.ENGINE_CERTIFICATE_FILE: engine.certificate,
                seed.ENGINE_KEY_FILE: engine.key,
            }
            system = wishes.system_files(work.answers).items()
            files = (
                *(SeedFile(path=path, text=text) for path, text in texts.items()),
                *(SeedFile(path=f"{seed.SYSTEM_FOLDER}/{path}", text=text, mode=0o644) for path, text in system),
            )
            await api.make_seed(work.decisions.seed, SeedRequest(label=seed.SEED_LABEL, files=files))

    async def _node_id(self, name: str) -> tuple[str, str]:
        async with self._work.member(name) as api:
            return name, (await api.identity()).node_id

    async def stop(self, todo: Todo) -> None:
        """Wherever it runs; it is not asked to shut down, for its disk goes too."""
        for name in todo.nodes:
            async with self._work.member(name) as api:
                report = await api.vm(self._vm_id)
                if report is not None and report.state is not VmState.DOWN:
                    await api.destroy_vm(self._vm_id)

    async def start(self, todo: Todo) -> None:
        what = "the engine VM runs"
        limit_s = wishes.lease_wait_s(self._work.answers)
        await self._work.poller.until(what, lambda: self._why_not_started(todo.nodes), limit_s=limit_s)

    async def _why_not_started(self, names: Iterable[str]) -> str | None:
        """Start the VM on the first node that can, unless one runs it; its lease keeps it from running twice."""
        seen = await self._look(names)
        if any(isinstance(one, VmReport) and one.state is not VmState.DOWN for one in seen.values()):
            return None
        reasons = []
        for name, one in seen.items():
            if isinstance(one, Problem):
                reasons.append(str(one))
                continue
            try:
                async with self._work.member(name) as api:
                    await api.start_vm(await _next_engine_vm(api))
            except (NodeSilent, RemoteRefused, RemoteFailed) as err:
                reasons.append(str(err))
            else:
                return None
        return "; ".join(reasons)

    async def health(self, todo: Todo) -> None:
        what = "the engine serves"
        await self._work.poller.until(what, lambda: self._why_not_healthy(todo.nodes), limit_s=HEALTH_S)

    async def _why_not_healthy(self, names: Iterable[str]) -> str | None:
        reason = await self._engine().why_not_healthy()
        if reason is None:
            return None
        seen = await self._look(names)
        states = [one.state for one in seen.values() if isinstance(one, VmReport)]
        if all(state is VmState.DOWN for state in states) and not any(isinstance(o, Problem) for o in seen.values()):
            if await self._is_kept(names):
                return f"the VM is down, and trivet-ha is to start it ({_words(seen)})"
            raise EngineDown(reason=_words(seen), console=await self._console(seen))
        return f"the VM is {', '.join(states) or 'out of sight'}, the engine in it does not serve yet ({reason})"

    async def _is_kept(self, names: Iterable[str]) -> bool:
        """Whether trivet-ha is at work on one of these nodes, and nobody has told it to leave the engine alone."""
        for name in names:
            try:
                async with self._work.member(name) as api:
                    report = await api.ha()
            except (NodeSilent, RemoteRefused, RemoteFailed):
                continue
            if report.keeps and report.active and not report.global_maintenance:
                return True
        return False

    async def hand_over(self, todo: Todo) -> None:
        async def why_not() -> str | None:
            return "; ".join(await self._engine().missing(todo.nodes, VOLUMES)) or None

        await self._work.poller.until("the engine has taken over all", why_not, limit_s=HAND_OVER_S)

    def _engine(self) -> Engine:
        return self._work.reach.engine(self._work.answers, self._work.decisions)

    async def _look(self, names: Iterable[str]) -> dict[str, VmSeen]:
        async def one(name: str) -> tuple[str, VmSeen]:
            try:
                async with self._work.member(name) as api:
                    return name, await api.vm(self._vm_id)
            except (NodeSilent, RemoteRefused, RemoteFailed) as err:
                return name, err

        return dict(await asyncio.gather(*map(one, names)))

    async def _console(self, seen: dict[str, VmSeen]) -> str:
        """The end of the console of the VM that went down last."""
        downs = [(one.since, name) for name, one in seen.items() if isinstance(one, VmReport)]
        if not downs:
            return "(nothing)"
        try:
            async with self._work.member(max(downs)[1]) as api:
                text = (await api.console_log(self._vm_id)).text
        except Problem as err:
            return f"({err})"
        return "\n".join(text.splitlines()[-CONSOLE_LINES:]) or "(nothing)"


async def _next_engine_vm(api: NodeApi) -> VmSpec:
    """What trivet-ha would start as well."""
    return choose(await api.engine_vm(HOSTED_ENGINE)).config


def _words(seen: dict[str, VmSeen]) -> str:
    reports = [f"{name}: {one.reason} {one.detail}".strip() for name, one in seen.items() if isinstance(one, VmReport)]
    return "; ".join(reports) or "no node knows the VM"
