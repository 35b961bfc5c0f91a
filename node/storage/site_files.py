"""Small files in the folder `ha` of a storage domain, from which any node starts the engine without asking anybody. Of
each the one before is kept beside it, for whoever finds the newest damaged."""

import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path, PurePosixPath

import msgspec

from node.api.messages.ha import EngineVmEdit, EngineVmReport, Shape, SiteFilesReport, SiteFilesRequest, SiteNodes
from node.api.refusals import Malformed, token
from node.storage import engine_vm_files, layout, site_nodes
from node.system.files import read_or_none, sync_folder, write_durable
from node.system.threads import Threads


class SiteFiles:
    """`need` raises NotMounted for a storage domain; `running_shape` says how a VM runs here, None where it does
    not."""

    def __init__(
        self,
        threads: Threads,
        *,
        volumes: Path,
        need: Callable[[str], Awaitable[None]],
        running_shape: Callable[[str], Awaitable[Shape | None]],
    ) -> None:
        self._threads = threads
        self._volumes = PurePosixPath(volumes)
        self._need = need
        self._running_shape = running_shape

    async def write_site_files(self, storage_domain: str, request: SiteFilesRequest) -> SiteFilesReport:
        for name in request.files:
            token("file name", name)
        folder = Path(layout.site_files(self._volumes, storage_domain))
        await self._need(storage_domain)
        await self._threads(_write, folder, request.files)
        return await self._threads(_digests, folder)

    async def site_files(self, storage_domain: str) -> SiteFilesReport:
        folder = Path(layout.site_files(self._volumes, storage_domain))
        await self._need(storage_domain)
        return await self._threads(_digests, folder)

    async def site_nodes(self, storage_domain: str) -> SiteNodes:
        folder = Path(layout.site_files(self._volumes, storage_domain))
        await self._need(storage_domain)
        return await self._threads(site_nodes.read, folder)

    async def set_site_nodes(self, storage_domain: str, nodes: SiteNodes) -> SiteNodes:
        for node in nodes.nodes:
            token("node", node.name)
        folder = Path(layout.site_files(self._volumes, storage_domain))
        await self._need(storage_domain)
        text = await self._threads(site_nodes.text_with, folder, nodes)
        await self._threads(_write, folder, {site_nodes.FILE: text})
        return await self._threads(site_nodes.read, folder)

    async def engine_vm(self, storage_domain: str) -> EngineVmReport:
        folder = Path(layout.site_files(self._volumes, storage_domain))
        await self._need(storage_domain)
        return await self._with_running(await self._threads(engine_vm_files.read, folder))

    async def edit_engine_vm(self, storage_domain: str, edit: EngineVmEdit) -> EngineVmReport:
        if edit.memory_bytes < 1 or min(edit.sockets, edit.cores, edit.threads) < 1:
            raise Malformed(reason="memory and processors are at least 1")
        folder = Path(layout.site_files(self._volumes, storage_domain))
        await self._need(storage_domain)
        return await self._with_running(await self._threads(engine_vm_files.edit, folder, edit))

    async def _with_running(self, report: EngineVmReport) -> EngineVmReport:
        return msgspec.structs.replace(report, running=await self._running_shape(report.wanted.id))


def _write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    sync_folder(folder.parent)
    for name, text in files.items():
        path, content = folder / name, text.encode()
        before = read_or_none(path)
        if before is not None and before != content:
            write_durable(path.with_name(layout.previous(name)), before)
        write_durable(path, content)


def _digests(folder: Path) -> SiteFilesReport:
    files = sorted(folder.glob("*.json")) if folder.is_dir() else []
    return SiteFilesReport(digests={file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files})
