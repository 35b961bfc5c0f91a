"""A node in memory with the whole contract, and ways to make it refuse, fail, fall silent, be slow or lose power."""

import asyncio
import copy
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import msgspec

from node.api import messages as m
from node.api import refusals as r
from node.api.problems import NodeSilent, Problem, Refused, RemoteFailed, RemoteRefused
from node.api.version import API_VERSION
from tests.fakes.site import GIB, FakeSite
from tests.fakes.vms import FakeVms

T = TypeVar("T")


class FakeNode:
    """Implements node.api.contract.NodeApi. What it shares with other nodes lies in `site`.

    `calls` holds the name of every operation that arrived. The knobs are the public methods under "what a test does".
    """

    def __init__(
        self,
        name: str = "node1",
        *,
        site: FakeSite | None = None,
        node_id: str = "",
        claim_code: str = "",
        memory_bytes: int = 16 * GIB,
        now: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.name = name
        self.node_id = node_id or f"00000000-0000-4000-8000-{sum(name.encode()):012d}"
        self.site = site if site is not None else FakeSite()
        self.claim_code = claim_code
        self.memory_bytes = memory_bytes
        self.claimed: m.Claim | None = None
        self.known_names: dict[str, str] = {}
        self.calls: list[str] = []
        self.boots = 1
        self.machines = FakeVms(self.site, now, self._vm_changed)
        self._now = now
        self._mounts: dict[str, m.MountRequest] = {}
        self._joined: dict[str, m.LockspaceRequest] = {}
        self._document: dict[str, object] = {"interfaces": []}
        self._checkpoints: dict[str, dict[str, object]] = {}
        self._silent = False
        self._delay_s = 0.0
        self._failures: list[_Failure] = []
        self._streams: list[asyncio.Queue[m.Event | None]] = []
        self._number = 0

    # --- what a test does ----------------------------------------------------------------------------------------

    def fail(self, operation: str, problem: Problem, *, times: int = 1) -> None:
        """Let the next `times` calls of `operation` end with `problem`, before anything is done."""
        self._failures.append(_Failure(operation, problem, times, after=False))

    def lose_answer(self, operation: str, *, times: int = 1) -> None:
        """Carry the next `times` calls of `operation` out and then let them end with NodeSilent."""
        self._failures.append(_Failure(operation, self._silence(operation), times, after=True))

    def fall_silent(self) -> None:
        """No answer to anything, streams end; VMs go on running."""
        self._silent = True
        self._end_streams()

    def speak_again(self) -> None:
        self._silent = False

    def be_slow(self, delay_s: float) -> None:
        self._delay_s = delay_s

    def lose_power(self) -> None:
        """The machine is gone at once with its VMs; `start` brings it back."""
        self.fall_silent()
        self.machines.lose_all()
        self._checkpoints.clear()

    def start(self) -> None:
        """Boot again: wished mounts and lockspaces come back by themselves, VMs do not."""
        self.boots += 1
        self.speak_again()

    def heartbeat(self) -> None:
        """Heartbeats come only when a test asks for one."""
        self._push(m.Event(number=0, kind=m.EventKind.HEARTBEAT, at=self._now(), statistics=self._statistics()))

    def end_checkpoint(self) -> None:
        """The time to confirm a change of the network is over: it goes back."""
        for before in self._checkpoints.values():
            self._document = before
        self._checkpoints.clear()

    # --- identity, capabilities, events --------------------------------------------------------------------------

    async def identity(self) -> m.Identity:
        return await self._do("identity", self._identity)

    def _identity(self) -> m.Identity:
        return m.Identity(
            node_id=self.node_id,
            name=self.name,
            fingerprint=f"{sum(self.name.encode()):064x}",
            claimed=self.claimed is not None,
            certificate_request_pem="-----BEGIN CERTIFICATE REQUEST-----\n",
            api_version=API_VERSION,
        )

    async def claim(self, claim: m.Claim) -> None:
        await self._do("claim", lambda: setattr(self, "claimed", claim))

    async def capabilities(self) -> m.Capabilities:
        return await self._do("capabilities", self._capabilities)

    def _capabilities(self) -> m.Capabilities:
        return m.Capabilities(
            node_id=self.node_id,
            name=self.name,
            version="0.1.0",
            api_version=API_VERSION,
            os="Debian GNU/Linux 13 (trixie)",
            kernel="6.12.0-amd64",
            libvirt="11.3.0",
            qemu="10.0.2",
            gluster="11.1",
            cpu_model="EPYC",
            cpu_sockets=1,
            cpu_cores=4,
            cpu_threads=2,
            memory_bytes=self.memory_bytes,
            accelerator=m.Accelerator.TCG,
            nics=(m.Nic(name="host0", mac="02:00:00:00:00:01", up=True, speed_mbps=10_000),),
        )

    async def statistics(self) -> m.Statistics:
        return await self._do("statistics", self._statistics)

    def _statistics(self) -> m.Statistics:
        used = min(self.memory_bytes, GIB + self.machines.memory_bytes())
        return m.Statistics(
            at=self._now(),
            boot_id=f"boot-{self.boots}",
            uptime_s=60.0,
            memory_free_bytes=self.memory_bytes - used,
            memory_used_bytes=used,
            swap_total_bytes=0,
            swap_free_bytes=0,
            load_1min=0.1,
            cpu_user_percent=1.0,
            cpu_system_percent=1.0,
            cpu_idle_percent=98.0,
            vms_running=self.machines.running(),
        )

    async def events(self) -> AsyncIterator[m.Event]:
        hello = await self._do("events", self._hello)
        queue: asyncio.Queue[m.Event | None] = asyncio.Queue()
        self._streams.append(queue)
        try:
            yield hello
            while (event := await queue.get()) is not None:
                yield event
        finally:
            if queue in self._streams:
                self._streams.remove(queue)
        raise self._silence("the event stream")

    # --- network -------------------------------------------------------------------------------------------------

    async def names(self) -> m.NamesRequest:
        return await self._do("names", lambda: m.NamesRequest(names=dict(self.known_names)))

    async def set_names(self, request: m.NamesRequest) -> None:
        await self._do("set_names", lambda: setattr(self, "known_names", dict(request.names)))

    async def network(self) -> m.NetworkReport:
        return await self._do("network", lambda: m.NetworkReport(document=copy.deepcopy(self._document)))

    async def change_network(self, request: m.NetworkRequest) -> m.NetworkChange:
        return await self._do("change_network", lambda: self._change_network(request))

    def _change_network(self, request: m.NetworkRequest) -> m.NetworkChange:
        """What is wished is laid over what is there; nothing is known here of what the words mean."""
        if not 5 <= request.confirm_within_s <= 600:
            raise r.Malformed(reason="the time to confirm has to be from 5 to 600 s")
        after = copy.deepcopy(self._document) | copy.deepcopy(request.document)
        if after == self._document:
            return m.NetworkChange(changed=False)
        checkpoint = f"checkpoint-{len(self._checkpoints) + 1}"
        self._checkpoints[checkpoint] = self._document
        self._document = after
        return m.NetworkChange(changed=True, checkpoint=checkpoint, says=("change the network",))

    async def confirm_network(self, checkpoint: str) -> None:
        def confirm() -> None:
            if self._checkpoints.pop(checkpoint, None) is None:
                raise r.CheckpointUnknown(checkpoint=checkpoint)

        await self._do("confirm_network", confirm)

    # --- gluster and mounts --------------------------------------------------------------------------------------

    async def gluster(self) -> m.GlusterReport:
        def report() -> m.GlusterReport:
            others = [peer for peer in self.site.peers if peer != self.name]
            peers = [m.PeerReport(uuid=p, hostname=p, connected=True, state="Peer in Cluster") for p in others]
            return m.GlusterReport(peers=tuple(peers), volumes=tuple(self.site.volumes.values()))

        return await self._do("gluster", report)

    async def add_peer(self, request: m.PeerRequest) -> None:
        def add() -> None:
            for name in (self.name, request.hostname):
                if name not in self.site.peers:
                    self.site.peers.append(name)

        await self._do("add_peer", add)

    async def clear_brick(self, request: m.BrickRequest) -> None:
        await self._do("clear_brick", lambda: self.site.clear_brick(self.name, request.path))

    async def make_volume(self, request: m.VolumeRequest) -> m.VolumeReport:
        return await self._do("make_volume", lambda: self.site.make_volume(request))

    async def mounts(self) -> tuple[m.MountReport, ...]:
        return await self._do("mounts", lambda: tuple(self._mount(name) for name in self._mounts))

    async def mount(self, request: m.MountRequest) -> m.MountReport:
        def mount() -> m.MountReport:
            if request.volume not in self.site.volumes:
                raise r.VolumeUnknown(volume=request.volume)
            self._mounts[request.volume] = request
            return self._mount(request.volume)

        return await self._do("mount", mount)

    def _mount(self, volume: str) -> m.MountReport:
        path = f"/var/lib/trivet/volumes/{volume}"
        return m.MountReport(volume=volume, mounted=True, path=path, size_bytes=100 * GIB, free_bytes=80 * GIB)

    async def unmount(self, volume: str) -> None:
        await self._do("unmount", lambda: self._mounts.pop(volume, None))

    # --- images --------------------------------------------------------------------------------------------------

    async def make_image(self, image: m.ImageRef, request: m.ImageRequest) -> m.ImageReport:
        return await self._do("make_image", lambda: self.site.make_image(self._on_mount(image), request))

    async def make_seed(self, image: m.ImageRef, request: m.SeedRequest) -> m.ImageReport:
        return await self._do("make_seed", lambda: self.site.make_seed(self._on_mount(image), request))

    async def image(self, image: m.ImageRef) -> m.ImageReport | None:
        return await self._do("image", lambda: self.site.images.get(self._on_mount(image)))

    async def remove_image(self, image: m.ImageRef) -> None:
        def remove() -> None:
            if (vm := self.machines.runs_on(image)) is not None:
                raise r.ImageBusy(image=image.image_id, vm=vm)
            self.site.remove_image(self._on_mount(image))

        await self._do("remove_image", remove)

    def _on_mount(self, image: m.ImageRef) -> m.ImageRef:
        for kind, value in (("volume", image.volume), ("disk id", image.disk_id), ("image id", image.image_id)):
            r.token(kind, value)
        if image.volume not in self._mounts:
            raise r.NotMounted(volume=image.volume)
        return image

    # --- leases --------------------------------------------------------------------------------------------------

    async def lockspaces(self) -> tuple[m.LockspaceReport, ...]:
        return await self._do("lockspaces", lambda: tuple(_joined(request) for request in self._joined.values()))

    async def join_lockspace(self, request: m.LockspaceRequest) -> m.LockspaceReport:
        def join() -> m.LockspaceReport:
            if request.volume not in self._mounts:
                raise r.NotMounted(volume=request.volume)
            found = self._joined.get(request.name)
            if found is not None and found.host_id != request.host_id:
                raise r.LockspaceDiffers(lockspace=request.name, host_id=found.host_id)
            self._joined[request.name] = request
            self.machines.host_ids[request.name] = request.host_id
            return _joined(request)

        return await self._do("join_lockspace", join)

    async def make_lease(self, request: m.LeaseRequest) -> m.LeaseReport:
        def make() -> m.LeaseReport:
            if request.lockspace not in self._joined:
                raise r.LockspaceUnknown(lockspace=request.lockspace)
            self.site.leases.setdefault((request.lockspace, request.resource), None)
            return self._lease(request.lockspace, request.resource)

        return await self._do("make_lease", make)

    async def lease(self, volume: str, lockspace: str, resource: str) -> m.LeaseReport:
        def look() -> m.LeaseReport:
            if volume not in self._mounts:
                raise r.NotMounted(volume=volume)
            return self._lease(lockspace, resource)

        return await self._do("lease", look)

    def _lease(self, lockspace: str, resource: str) -> m.LeaseReport:
        key = (lockspace, resource)
        return m.LeaseReport(
            lockspace=lockspace, resource=resource, exists=key in self.site.leases, holder=self.site.leases.get(key)
        )

    # --- virtual machines ----------------------------------------------------------------------------------------

    async def vms(self) -> tuple[m.VmReport, ...]:
        return await self._do("vms", self.machines.all)

    async def vm(self, vm_id: str) -> m.VmReport | None:
        return await self._do("vm", lambda: self.machines.find(vm_id))

    async def define_vm(self, spec: m.VmSpec) -> m.VmReport:
        return await self._do("define_vm", lambda: self.machines.define(spec))

    async def start_vm(self, vm_id: str) -> m.VmReport:
        return await self._do("start_vm", lambda: self.machines.start(vm_id, self._mounts))

    async def shutdown_vm(self, vm_id: str) -> m.VmReport:
        return await self._do("shutdown_vm", lambda: self.machines.shut_down(vm_id))

    async def destroy_vm(self, vm_id: str) -> m.VmReport:
        return await self._do("destroy_vm", lambda: self.machines.destroy(vm_id))

    async def undefine_vm(self, vm_id: str) -> None:
        await self._do("undefine_vm", lambda: self.machines.undefine(vm_id))

    async def console_log(self, vm_id: str) -> m.ConsoleLog:
        return await self._do("console_log", lambda: self.machines.console(vm_id))

    # --- how a call arrives --------------------------------------------------------------------------------------

    async def _do(self, operation: str, act: Callable[[], T]) -> T:
        self.calls.append(operation)
        await asyncio.sleep(self._delay_s)
        if self._silent:
            raise self._silence(operation)
        failure = next((f for f in self._failures if f.operation == operation and f.times > 0), None)
        if failure is not None:
            failure.times -= 1
            if not failure.after:
                raise self._remote(failure.problem)
        try:
            answer = act()
        except Problem as err:
            raise self._remote(err) from err
        if failure is not None:
            raise failure.problem
        return answer

    def _remote(self, problem: Problem) -> Problem:
        """As node.client raises what a node answers."""
        if isinstance(problem, NodeSilent | RemoteRefused | RemoteFailed):
            return problem
        kind = RemoteRefused if isinstance(problem, Refused) else RemoteFailed
        return kind(problem.text, self.name)

    def _silence(self, operation: str) -> NodeSilent:
        return NodeSilent(node=self.name, request=operation, reason="the fake is silent")

    def _hello(self) -> m.Event:
        return m.Event(
            number=self._number,
            kind=m.EventKind.HELLO,
            at=self._now(),
            vms=self.machines.all(),
            statistics=self._statistics(),
            mounts=tuple(self._mount(name) for name in self._mounts),
        )

    def _vm_changed(self, vm: m.VmReport) -> None:
        self._push(m.Event(number=0, kind=m.EventKind.VM, at=self._now(), vm=vm))

    def _push(self, event: m.Event) -> None:
        self._number += 1
        for queue in self._streams:
            queue.put_nowait(msgspec.structs.replace(event, number=self._number))

    def _end_streams(self) -> None:
        for queue in self._streams:
            queue.put_nowait(None)
        self._streams.clear()


class _Failure:
    def __init__(self, operation: str, problem: Problem, times: int, *, after: bool) -> None:
        self.operation = operation
        self.problem = problem
        self.times = times
        self.after = after


def _joined(request: m.LockspaceRequest) -> m.LockspaceReport:
    return m.LockspaceReport(name=request.name, volume=request.volume, host_id=request.host_id, joined=True)
