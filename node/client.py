"""Speaks a node's contract over HTTPS: the only way anybody but the node itself touches a node."""

import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import quote

import httpx
import msgspec

from gluster.state import ServerFacts
from node.api import paths
from node.api.messages.base import Message
from node.api.messages.events import Event
from node.api.messages.gluster import (
    BrickRemoval,
    BrickRequest,
    GlusterReport,
    PeerRequest,
    StorageState,
    VolumeReport,
    VolumeRequest,
)
from node.api.messages.ha import (
    EngineVmEdit,
    EngineVmReport,
    HaReport,
    MaintenanceRequest,
    SiteFilesReport,
    SiteFilesRequest,
)
from node.api.messages.identity import Claim, Identity, Leave
from node.api.messages.images import Contents, ImageRef, ImageReport, ImageRequest, ImageResize, SeedRequest, WipeReport
from node.api.messages.leases import (
    LeaseReport,
    LeaseRequest,
    LeaseTimersReport,
    LeaseTimersRequest,
    LockspaceReport,
    LockspaceRequest,
)
from node.api.messages.machine import Capabilities, Statistics
from node.api.messages.migration import MigrationReport, MigrationRequest
from node.api.messages.mounts import MountReport, MountRequest
from node.api.messages.network import NamesRequest, NetworkChange, NetworkReport, NetworkRequest
from node.api.messages.vms import ConsoleLog, VmReport, VmSpec
from node.api.problems import NodeSilent, ProblemText, RemoteFailed, RemoteRefused
from node.api.refusals import NoSuchPath

T = TypeVar("T")

# An idle connection that the node closed meanwhile, in a restart for example; every operation is safe to repeat.
_STALE = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError, httpx.CloseError)

QUICK_S = 30.0
LONG_S = 900.0  # copying an engine image over a slow volume
SILENCE_S = 15.0  # three heartbeats
OUT_OF_ITS_TIME = ("certificate is not yet valid", "certificate has expired")  # OpenSSL's words


class NodeClient:
    """Implements node.api.contract.NodeApi for the node at `address`.

    `tls` presents the caller's certificate and trusts the site's authority; `claim_code` is given only for a node
    that has not been claimed yet.
    """

    def __init__(self, address: str, tls: ssl.SSLContext, *, port: int = paths.PORT, claim_code: str = "") -> None:
        self.address = address
        headers = {"Authorization": f"Bearer {claim_code}"} if claim_code else {}
        self._http = httpx.AsyncClient(
            base_url=f"https://{address}:{port}",
            verify=tls,
            headers=headers,
            timeout=httpx.Timeout(QUICK_S, connect=5.0),
            trust_env=False,
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def identity(self) -> Identity:
        return await self._ask("GET", paths.IDENTITY, Identity)

    async def claim(self, claim: Claim) -> None:
        await self._tell("PUT", paths.IDENTITY, claim, timeout_s=120)

    async def leave(self, leave: Leave) -> None:
        await self._tell("DELETE", paths.IDENTITY, leave, timeout_s=300)

    async def capabilities(self) -> Capabilities:
        return await self._ask("GET", paths.CAPABILITIES, Capabilities)

    async def statistics(self) -> Statistics:
        return await self._ask("GET", paths.STATISTICS, Statistics)

    async def events(self) -> AsyncIterator[Event]:
        """The node's events, HELLO first, until the connection ends: NodeSilent after 15 s without a heartbeat."""
        decoder = msgspec.json.Decoder(Event)
        try:
            async with self._http.stream("GET", paths.EVENTS, timeout=httpx.Timeout(SILENCE_S, connect=5.0)) as answer:
                if answer.status_code >= 400:
                    await answer.aread()
                    self._raise(answer)
                async for line in answer.aiter_lines():
                    if line:
                        yield decoder.decode(line)
        except httpx.HTTPError as err:
            raise NodeSilent(node=self.address, request="the event stream", reason=_words(err)) from err
        raise NodeSilent(node=self.address, request="the event stream", reason="the node closed it")

    async def names(self) -> NamesRequest:
        return await self._ask("GET", paths.NAMES, NamesRequest)

    async def set_names(self, request: NamesRequest) -> None:
        await self._tell("PUT", paths.NAMES, request)

    async def network(self) -> NetworkReport:
        return await self._ask("GET", paths.NETWORK, NetworkReport)

    async def change_network(self, request: NetworkRequest) -> NetworkChange:
        return await self._ask("PUT", paths.NETWORK, NetworkChange, request, timeout_s=LONG_S)

    async def confirm_network(self, checkpoint: str) -> None:
        await self._tell("PUT", _fill(paths.NETWORK_CHECKPOINT, checkpoint=checkpoint))

    async def roll_back_network(self, checkpoint: str) -> None:
        await self._tell("DELETE", _fill(paths.NETWORK_CHECKPOINT, checkpoint=checkpoint), timeout_s=LONG_S)

    async def gluster(self) -> GlusterReport:
        return await self._ask("GET", paths.GLUSTER, GlusterReport, timeout_s=120)

    async def gluster_state(self) -> StorageState:
        return await self._ask("GET", paths.GLUSTER_STATE, StorageState, timeout_s=120)

    async def gluster_facts(self) -> ServerFacts:
        return await self._ask("GET", paths.GLUSTER_FACTS, ServerFacts)

    async def add_peer(self, request: PeerRequest) -> None:
        await self._tell("PUT", _fill(paths.PEER, hostname=request.hostname), request, timeout_s=120)

    async def remove_peer(self, hostname: str) -> None:
        await self._tell("DELETE", _fill(paths.PEER, hostname=hostname), timeout_s=120)

    async def clear_brick(self, request: BrickRequest) -> None:
        await self._tell("POST", paths.CLEAR_BRICK, request, timeout_s=120)

    async def remove_brick(self, request: BrickRemoval) -> None:
        await self._tell("POST", paths.REMOVE_BRICK, request, timeout_s=LONG_S)

    async def make_volume(self, request: VolumeRequest) -> VolumeReport:
        path = _fill(paths.VOLUME, volume=request.name)
        return await self._ask("PUT", path, VolumeReport, request, timeout_s=300)

    async def remove_volume(self, volume: str) -> None:
        await self._tell("DELETE", _fill(paths.VOLUME, volume=volume), timeout_s=300)

    async def mounts(self) -> tuple[MountReport, ...]:
        return await self._ask("GET", paths.MOUNTS, tuple[MountReport, ...])

    async def mount(self, request: MountRequest) -> MountReport:
        path = _fill(paths.MOUNT, volume=request.volume)
        return await self._ask("PUT", path, MountReport, request, timeout_s=180)

    async def unmount(self, volume: str) -> None:
        await self._tell("DELETE", _fill(paths.MOUNT, volume=volume), timeout_s=180)

    async def contents(self, volume: str) -> Contents:
        return await self._ask("GET", _fill(paths.CONTENTS, volume=volume), Contents, timeout_s=120)

    async def make_image(self, image: ImageRef, request: ImageRequest) -> ImageReport:
        return await self._ask("PUT", _at(paths.IMAGE, image), ImageReport, request, timeout_s=LONG_S)

    async def resize_image(self, image: ImageRef, request: ImageResize) -> ImageReport:
        return await self._ask("PUT", _at(paths.IMAGE_SIZE, image), ImageReport, request, timeout_s=LONG_S)

    async def make_seed(self, image: ImageRef, request: SeedRequest) -> ImageReport:
        return await self._ask("PUT", _at(paths.SEED, image), ImageReport, request, timeout_s=120)

    async def image(self, image: ImageRef) -> ImageReport | None:
        return await self._find(_at(paths.IMAGE, image), ImageReport)

    async def remove_image(self, image: ImageRef) -> None:
        await self._tell("DELETE", _at(paths.IMAGE, image), timeout_s=120)

    async def wipe_image(self, image: ImageRef) -> WipeReport:
        return await self._ask("POST", _at(paths.WIPE, image), WipeReport, timeout_s=180)

    async def lockspaces(self) -> tuple[LockspaceReport, ...]:
        return await self._ask("GET", paths.LOCKSPACES, tuple[LockspaceReport, ...])

    async def join_lockspace(self, request: LockspaceRequest) -> LockspaceReport:
        path = _fill(paths.LOCKSPACE, lockspace=request.name)
        return await self._ask("PUT", path, LockspaceReport, request, timeout_s=300)

    async def leave_lockspace(self, lockspace: str) -> None:
        await self._tell("DELETE", _fill(paths.LOCKSPACE, lockspace=lockspace), timeout_s=120)

    async def lease_timers(self) -> LeaseTimersReport:
        return await self._ask("GET", paths.LEASE_TIMERS, LeaseTimersReport)

    async def set_lease_timers(self, request: LeaseTimersRequest) -> LeaseTimersReport:
        return await self._ask("PUT", paths.LEASE_TIMERS, LeaseTimersReport, request, timeout_s=300)

    async def make_lease(self, request: LeaseRequest) -> LeaseReport:
        return await self._ask(
            "PUT", _lease(request.volume, request.lockspace, request.resource), LeaseReport, request, timeout_s=120
        )

    async def lease(self, volume: str, lockspace: str, resource: str) -> LeaseReport:
        return await self._ask("GET", _lease(volume, lockspace, resource), LeaseReport)

    async def site_files(self, volume: str) -> SiteFilesReport:
        return await self._ask("GET", _fill(paths.SITE_FILES, volume=volume), SiteFilesReport)

    async def write_site_files(self, volume: str, request: SiteFilesRequest) -> SiteFilesReport:
        path = _fill(paths.SITE_FILES, volume=volume)
        return await self._ask("PUT", path, SiteFilesReport, request, timeout_s=120)

    async def engine_vm(self, volume: str) -> EngineVmReport:
        return await self._ask("GET", _fill(paths.ENGINE_VM, volume=volume), EngineVmReport)

    async def edit_engine_vm(self, volume: str, edit: EngineVmEdit) -> EngineVmReport:
        path = _fill(paths.ENGINE_VM, volume=volume)
        return await self._ask("PUT", path, EngineVmReport, edit, timeout_s=120)

    async def ha(self) -> HaReport:
        return await self._ask("GET", paths.HA, HaReport)

    async def keep_engine(self) -> HaReport:
        return await self._ask("PUT", paths.HA, HaReport, timeout_s=90)

    async def release_engine(self) -> HaReport:
        return await self._ask("DELETE", paths.HA, HaReport, timeout_s=120)

    async def begin_maintenance(self, request: MaintenanceRequest) -> HaReport:
        return await self._ask("PUT", paths.HA_MAINTENANCE, HaReport, request)

    async def end_maintenance(self) -> HaReport:
        return await self._ask("DELETE", paths.HA_MAINTENANCE, HaReport)

    async def migration(self) -> MigrationReport:
        return await self._ask("GET", paths.MIGRATION, MigrationReport)

    async def allow_migration(self, request: MigrationRequest) -> MigrationReport:
        return await self._ask("PUT", paths.MIGRATION, MigrationReport, request, timeout_s=300)

    async def vms(self) -> tuple[VmReport, ...]:
        return await self._ask("GET", paths.VMS, tuple[VmReport, ...])

    async def vm(self, vm_id: str) -> VmReport | None:
        return await self._find(_fill(paths.VM, vm_id=vm_id), VmReport)

    async def define_vm(self, spec: VmSpec) -> VmReport:
        only_vm = msgspec.convert(spec, VmSpec, from_attributes=True)  # the engine VM's says more, to other readers
        return await self._ask("PUT", _fill(paths.VM, vm_id=spec.id), VmReport, only_vm)

    async def start_vm(self, vm_id: str) -> VmReport:
        return await self._ask("POST", _fill(paths.VM_START, vm_id=vm_id), VmReport, timeout_s=180)

    async def resume_vm(self, vm_id: str) -> VmReport:
        return await self._ask("POST", _fill(paths.VM_RESUME, vm_id=vm_id), VmReport, timeout_s=60)

    async def shutdown_vm(self, vm_id: str) -> VmReport:
        return await self._ask("POST", _fill(paths.VM_SHUTDOWN, vm_id=vm_id), VmReport)

    async def destroy_vm(self, vm_id: str) -> VmReport:
        return await self._ask("POST", _fill(paths.VM_DESTROY, vm_id=vm_id), VmReport, timeout_s=60)

    async def undefine_vm(self, vm_id: str) -> None:
        await self._tell("DELETE", _fill(paths.VM, vm_id=vm_id))

    async def console_log(self, vm_id: str) -> ConsoleLog:
        return await self._ask("GET", _fill(paths.VM_CONSOLE, vm_id=vm_id), ConsoleLog)

    async def _ask(
        self, method: str, path: str, answer: type[T], body: Message | None = None, *, timeout_s: float = QUICK_S
    ) -> T:
        return msgspec.json.decode(await self._tell(method, path, body, timeout_s=timeout_s), type=answer)

    async def _find(self, path: str, answer: type[T]) -> T | None:
        """The object at `path`, None when the node says that there is none."""
        try:
            return await self._ask("GET", path, answer)
        except RemoteRefused as err:
            if err.text.status == 404 and err.text.code != NoSuchPath.__name__:
                return None
            raise

    async def _tell(self, method: str, path: str, body: Message | None = None, *, timeout_s: float = QUICK_S) -> bytes:
        content = msgspec.json.encode(body) if body is not None else None
        timeout = httpx.Timeout(timeout_s, connect=5.0)
        headers = {"Content-Type": "application/json"} if content is not None else {}
        try:
            try:
                answer = await self._http.request(method, path, content=content, headers=headers, timeout=timeout)
            except _STALE:
                answer = await self._http.request(method, path, content=content, headers=headers, timeout=timeout)
        except httpx.HTTPError as err:
            raise NodeSilent(node=self.address, request=f"{method} {path}", reason=_words(err)) from err
        if answer.status_code >= 400:
            self._raise(answer)
        return answer.content

    def _raise(self, answer: httpx.Response) -> None:
        try:
            text = msgspec.json.decode(answer.content, type=ProblemText)
        except msgspec.MsgspecError:
            text = ProblemText(
                code="Unreadable",
                what=f"{answer.request.method} {answer.request.url.path} was not carried out",
                why=f"the node answered {answer.status_code} and no reason",
                mend="Look into the log of trivet-node there",
                status=answer.status_code,
            )
        raise (RemoteFailed if text.changed else RemoteRefused)(text, self.address)


def _at(path: str, image: ImageRef) -> str:
    return _fill(path, volume=image.volume, disk_id=image.disk_id, image_id=image.image_id)


def _lease(volume: str, lockspace: str, resource: str) -> str:
    return _fill(paths.LEASE, volume=volume, lockspace=lockspace, resource=resource)


def _fill(path: str, **values: str) -> str:
    """`path` with every value as one segment, whatever is in it; the node says no to what it does not like."""
    return path.format(**{key: _segment(value) for key, value in values.items()})


def _segment(value: str) -> str:
    return value.replace(".", "%2E") if value in (".", "..") else quote(value, safe="")


def _words(err: Exception) -> str:
    text = str(err) or type(err).__name__
    if any(words in text for words in OUT_OF_ITS_TIME):
        text += f". By this machine's clock it is {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC: see whether that is right"
    return text
