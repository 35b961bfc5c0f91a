"""A hypervisor in memory, with libvirt's numbers for states and reasons."""

import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from node.api.messages.vms import Graphics, GraphicsType
from node.vms.ends import MIGRATED, SAVED, End
from node.vms.hypervisor import Domain, DomainAction, HypervisorFailed, Move, Versions
from node.vms.migration import MigrationLimits, MigrationProgress
from node.vms.states import PAUSED, PAUSED_BY_STORAGE, PAUSED_BY_USER, RUNNING, SHUT_OFF

ADDRESS = "192.0.2.1"  # where screens are seen


@dataclass
class _Running:
    domain: Domain
    xml: str


_ENDS = {1: "shutdown", 2: "destroyed", 3: "crashed", 4: MIGRATED, 5: SAVED, 6: "failed"}


@dataclass
class FakeAgent:
    """In a guest; `answers` are as libvirt has them. One that `hangs` gives no answer."""

    answers: dict[str, Any] = field(default_factory=dict)
    version: str = "10.0.13"
    filesystems: int = 1
    hangs: bool = False
    frozen: bool = False
    asked: int = 0


class FakeHypervisor:
    """`refuse_start`: why the next starts fail. `forget()`: what a restart of the machine does to domains and to what
    is known of their ends. `definitions`: VMs that an earlier release left defined.

    `acts` is what was done to domains; what asks QEMU's monitor waits while `monitor` is not set. `others`: the
    hypervisors that a VM can be moved to, by address; `slow` lets a move wait until it is cancelled or `arrive` is set;
    `downtimes` are those that were allowed.
    `unused_kib`: what guests report, by VM. `lets_go`: guests let go of devices when they are asked.
    """

    def __init__(self) -> None:
        self.refuse_start = ""
        self.guests_obey = True
        self.acts: list[DomainAction] = []
        self.monitor = threading.Event()
        self.monitor.set()
        self.storage_is_away = False
        self.storage_is_full = False
        self.refuse_resume = ""
        self.refuse_balloon = ""
        self.unused_kib: dict[str, int] = {}
        self.times_set: list[float] = []
        self.updated_devices: list[str] = []
        self.forced: list[bool] = []
        self.refuse_attach = ""
        self.lets_go = True
        self.agents: dict[str, FakeAgent] = {}
        self._agent_changed: Callable[[str], None] = lambda _: None
        self._resumed: Callable[[str], None] = lambda _: None
        self.others: dict[str, FakeHypervisor] = {}
        self.slow = False
        self.arrive = threading.Event()
        self.downtimes: list[int] = []
        self.quiesced: list[bool] = []
        self.commits: list[tuple[str, str]] = []
        self.block_jobs: list[tuple[int, int]] = []
        self._cancelled = False
        self._rebooted_at: dict[str, float] = {}
        self.definitions: set[str] = set()
        self.ends: dict[str, End] = {}
        self.refuse_save = ""
        self.refuse_restore = ""
        self._running: dict[str, _Running] = {}
        self._changed: Callable[[str], None] = lambda _: None
        self._again: Callable[[], None] = lambda: None

    def watch(self, changed: Callable[[str], None], again: Callable[[], None]) -> None:
        self._changed, self._again = changed, again

    def domains(self) -> Sequence[Domain]:
        return [running.domain for running in self._running.values()]

    def find(self, vm_id: str) -> Domain | None:
        found = self._running.get(vm_id)
        return found.domain if found else None

    def xml(self, vm_id: str) -> str:
        return self._get(vm_id).xml

    def live_xml(self, vm_id: str) -> str:
        """Its screens at the addresses where `find` has them."""
        running = self._get(vm_id)
        root = ET.fromstring(running.xml)
        for element, graphics in zip(root.iterfind("devices/graphics"), running.domain.graphics, strict=True):
            element.set("port", str(graphics.port))
        return ET.tostring(root, encoding="unicode")

    def update_device(self, vm_id: str, xml: str, *, force: bool = False) -> None:
        self._get(vm_id)
        self.updated_devices.append(xml)
        self.forced.append(force)
        root, changed = ET.fromstring(self._get(vm_id).xml), ET.fromstring(xml)
        devices = root.find("devices")
        assert devices is not None
        for index, device in enumerate(devices):
            if device.tag == changed.tag == "disk" and _target(device) == _target(changed):
                devices[index] = changed
        self._get(vm_id).xml = ET.tostring(root, encoding="unicode")

    def watch_errors(self, vm_id: str) -> None:
        domain = self._get(vm_id).domain
        self._get(vm_id).domain = replace(domain, no_space=self.storage_is_full)

    def set_cpus(self, vm_id: str, count: int) -> None:
        running = self._get(vm_id)
        root = ET.fromstring(running.xml)
        vcpu = root.find("vcpu")
        assert vcpu is not None
        if self.refuse_attach or (not self.lets_go and count < int(vcpu.get("current") or vcpu.text or 0)):
            raise HypervisorFailed(act="change the processors of the VM", reason=self.refuse_attach or "timed out")
        vcpu.set("current", str(count))
        running.xml = ET.tostring(root, encoding="unicode")

    def snapshot(self, vm_id: str, xml: str, *, quiesce: bool, memory: bool = False) -> None:
        self.quiesced.append(quiesce)
        wanted_memory = ET.fromstring(xml).find("memory")
        if (wanted_memory is not None) is not memory or (memory and quiesce):
            raise HypervisorFailed(act="take the snapshot", reason="invalid argument")
        if self.refuse_save:
            raise HypervisorFailed(act="take the snapshot", reason=self.refuse_save)
        if wanted_memory is not None:
            Path(wanted_memory.get("file", "")).write_text(self._get(vm_id).xml)
        root = ET.fromstring(self._get(vm_id).xml)
        for wanted in ET.fromstring(xml).iterfind("disks/disk[@snapshot='external']"):
            disk, source = _disk(root, wanted.get("name", "")), wanted.find("source")
            below = ET.Element("backingStore", type="file")
            below.extend([one for one in disk if one.tag in ("source", "backingStore")])
            for one in list(below):
                disk.remove(one)
            ET.SubElement(disk, "source", file=source.get("file", "") if source is not None else "")
            disk.append(below)
        self._redefine(vm_id, root)

    def commit(self, vm_id: str, target: str, *, base: str, top: str, active: bool) -> None:
        """Done when it is asked for; an active one waits for `pivot`."""
        self.commits.append((base, top))
        root = ET.fromstring(self._get(vm_id).xml)
        if active:
            ET.SubElement(_disk(root, target), "mirror", ready="yes", base=base)
        else:
            _cut(_disk(root, target), top, base)
        self._redefine(vm_id, root)

    def block_job(self, vm_id: str, target: str) -> tuple[int, int] | None:
        return self.block_jobs.pop(0) if self.block_jobs else None

    def pivot(self, vm_id: str, target: str) -> None:
        root = ET.fromstring(self._get(vm_id).xml)
        disk = _disk(root, target)
        mirror = disk.find("mirror")
        assert mirror is not None
        disk.remove(mirror)
        _cut(disk, f"{target}[1]", mirror.get("base", ""))
        self._redefine(vm_id, root)

    def _redefine(self, vm_id: str, root: ET.Element) -> None:
        """The images of each disk are counted from 1."""
        for disk in root.iterfind("devices/disk"):
            for number, source in enumerate(disk.iter("source"), 1):
                source.set("index", str(number))
        self._get(vm_id).xml = ET.tostring(root, encoding="unicode")

    def attach_device(self, vm_id: str, xml: str) -> None:
        if self.refuse_attach:
            raise HypervisorFailed(act="plug a device into the VM", reason=self.refuse_attach)
        root = ET.fromstring(self._get(vm_id).xml)
        memory, size = root.find("memory"), ET.fromstring(xml).findtext("target/size")
        if memory is not None and size is not None:
            memory.text = str(int(memory.text or 0) + int(size))
        devices = root.find("devices")
        (devices if devices is not None else ET.SubElement(root, "devices")).append(ET.fromstring(xml))
        self._get(vm_id).xml = ET.tostring(root, encoding="unicode")

    def detach_device(self, vm_id: str, xml: str) -> None:
        self._get(vm_id)
        if self.lets_go:
            self.let_go(vm_id, xml)

    def let_go(self, vm_id: str, xml: str) -> None:
        """The guest does."""
        root = ET.fromstring(self._get(vm_id).xml)
        devices, gone = root.find("devices"), ET.canonicalize(xml)
        for device in list(devices if devices is not None else ()):
            if devices is not None and ET.canonicalize(ET.tostring(device, encoding="unicode")) == gone:
                devices.remove(device)
        self._get(vm_id).xml = ET.tostring(root, encoding="unicode")

    def start(self, xml: str, *, paused: bool = False) -> None:
        if self.refuse_start:
            raise HypervisorFailed(act="start the VM", reason=self.refuse_start)
        root = ET.fromstring(xml)
        vm_id, name, title = (root.findtext(tag) or "" for tag in ("uuid", "name", "title"))
        if vm_id in self._running:
            raise HypervisorFailed(act="start the VM", reason=f"domain '{name}' is already active")
        memory_kib, vcpus = int(root.findtext("memory") or 0), int(root.findtext("vcpu") or 0)
        graphics = tuple(
            Graphics(type=GraphicsType(found.get("type", "")), address=ADDRESS, port=5900 + number)
            for number, found in enumerate(root.iterfind("devices/graphics"))
        )
        domain = Domain(
            vm_id,
            name,
            title,
            RUNNING,
            1,
            memory_kib=memory_kib,
            balloon_kib=memory_kib,
            vcpus=vcpus,
            graphics=graphics,
        )
        self.ends.pop(vm_id, None)
        self._running[vm_id] = _Running(domain, xml)
        state, reason = (PAUSED, PAUSED_BY_USER) if paused else (RUNNING, 1)
        self.set(vm_id, state, reason, pid=4711)

    def save(self, vm_id: str, path: str) -> None:
        running = self._get(vm_id)
        if self.refuse_save:
            raise HypervisorFailed(act="save the memory of the VM", reason=self.refuse_save)
        Path(path).write_text(running.xml)
        self.set(vm_id, SHUT_OFF, 5)

    def saved_xml(self, path: str) -> str:
        if not (xml := Path(path).read_text()):
            raise HypervisorFailed(act="read the memory of the VM", reason="save image is incomplete")
        return xml

    def restore(self, path: str, xml: str, *, paused: bool = False) -> None:
        if self.refuse_restore or not Path(path).exists():
            raise HypervisorFailed(act="start the VM from its memory", reason=self.refuse_restore or "no such file")
        self.start(xml, paused=paused)

    def end(self, vm_id: str, name: str) -> End | None:
        return self.ends.get(vm_id)

    def defined(self) -> Sequence[str]:
        return sorted(self.definitions)

    def undefine(self, vm_id: str) -> None:
        if vm_id not in self.definitions:
            raise HypervisorFailed(act="undefine the VM", reason="Domain not found")
        self.definitions.remove(vm_id)

    def act(self, vm_id: str, action: DomainAction) -> None:
        self._get(vm_id)
        self.acts.append(action)
        if action is not DomainAction.DESTROY:
            self.monitor.wait()
        match action:
            case DomainAction.SHUT_DOWN if self.guests_obey:
                self.set(vm_id, SHUT_OFF, 1)
            case DomainAction.DESTROY:
                self.set(vm_id, SHUT_OFF, 2)
            case DomainAction.RESUME:
                self._resume(vm_id)

    def rebooted_at(self, vm_id: str) -> float | None:
        return self._rebooted_at.get(vm_id)

    def boot_again(self, vm_id: str) -> None:
        """Its guest does, in the same process."""
        self._rebooted_at[vm_id] = self._rebooted_at.get(vm_id, 0.0) + 1
        self._changed(vm_id)

    def _resume(self, vm_id: str) -> None:
        if self.refuse_resume:
            raise HypervisorFailed(act="resume the VM", reason=self.refuse_resume)
        if self.storage_is_away:
            self.set(vm_id, PAUSED, PAUSED_BY_STORAGE)
        else:
            self.set(vm_id, RUNNING, 2, pid=4711)

    def migrate(self, vm_id: str, address: str, limits: MigrationLimits) -> None:
        here, there = self._get(vm_id), self.others.get(address)
        if there is None:
            raise HypervisorFailed(act="move the VM", reason="unable to connect to server: Connection refused")
        self._cancelled = False
        here.domain = replace(here.domain, move=Move.OUT)
        if self.slow:
            self.arrive.wait()
        here.domain = replace(here.domain, move=Move.NONE)
        if self._cancelled:
            raise HypervisorFailed(
                act="move the VM", reason="operation aborted: job 'migration out' canceled by client"
            )
        there.receive(here.domain, here.xml)
        self.set(vm_id, SHUT_OFF, 4)

    def migration(self, vm_id: str) -> MigrationProgress | None:
        return MigrationProgress(1 << 30, 1 << 20, 1.0) if self._get(vm_id).domain.move is Move.OUT else None

    def allow_downtime(self, vm_id: str, milliseconds: int) -> None:
        self.downtimes.append(milliseconds)

    def cancel_migration(self, vm_id: str) -> None:
        if self._get(vm_id).domain.move is not Move.OUT:
            raise HypervisorFailed(act="give up moving the VM", reason="no job is active on the domain")
        self._cancelled = True
        self.arrive.set()

    def receive(self, domain: Domain, xml: str) -> None:
        """It comes from another node."""
        self._running[domain.id] = _Running(domain, xml)
        self.set(domain.id, RUNNING, 3, pid=4712)

    def set_time(self, vm_id: str, at: float) -> None:
        if self._get(vm_id).domain.state != RUNNING:
            raise HypervisorFailed(act="set the guest's clock", reason="domain is not running")
        self.times_set.append(at)

    def watch_guests(self, agent: Callable[[str], None], resumed: Callable[[str], None]) -> None:
        self._agent_changed, self._resumed = agent, resumed

    def start_agent(self, vm_id: str, agent: FakeAgent) -> None:
        self.agents[vm_id] = agent
        self._set_agent(vm_id, there=True)

    def end_agent(self, vm_id: str) -> None:
        self.agents.pop(vm_id, None)
        self._set_agent(vm_id, there=False)

    def resumed(self, vm_id: str) -> None:
        """It goes on after it stood still."""
        self._resumed(vm_id)

    def guest_info(self, vm_id: str) -> tuple[str, Mapping[str, Any]]:
        agent = self._agent(vm_id, "ask the guest's agent")
        agent.asked += 1
        return agent.version, agent.answers

    def freeze(self, vm_id: str) -> int:
        agent = self._agent(vm_id, "freeze the guest")
        agent.frozen = True
        return agent.filesystems

    def thaw(self, vm_id: str) -> int:
        agent = self._agent(vm_id, "thaw the guest")
        was, agent.frozen = agent.frozen, False
        return agent.filesystems if was else 0

    def _agent(self, vm_id: str, act: str) -> FakeAgent:
        self._get(vm_id)
        if vm_id not in self.agents:
            raise HypervisorFailed(act=act, reason="QEMU guest agent is not connected")
        if (agent := self.agents[vm_id]).hangs:
            raise HypervisorFailed(act=act, reason="Guest agent is not responding")
        return agent

    def _set_agent(self, vm_id: str, *, there: bool) -> None:
        running = self._get(vm_id)
        running.domain = replace(running.domain, guest_agent=there)
        self._agent_changed(vm_id)

    def unused_memory(self, vm_id: str) -> int | None:
        self._get(vm_id)
        return self.unused_kib.get(vm_id)

    def set_balloon(self, vm_id: str, kib: int) -> None:
        """The guest sees to it at once."""
        if self.refuse_balloon:
            raise HypervisorFailed(act="change the VM's memory", reason=self.refuse_balloon)
        running = self._get(vm_id)
        if vm_id in self.unused_kib:
            self.unused_kib[vm_id] += kib - running.domain.balloon_kib
        running.domain = replace(running.domain, balloon_kib=kib)

    def versions(self) -> Versions:
        return Versions("11.3.0", "10.0.2")

    def set(self, vm_id: str, state: int, reason: int, *, pid: int | None = None) -> None:
        """A guest or a fault changes the state of a domain; one that is off is gone."""
        running = self._get(vm_id)
        if state == SHUT_OFF:
            del self._running[vm_id]
            if reason in _ENDS:
                self.ends[vm_id] = End(_ENDS[reason])
        else:
            running.domain = replace(running.domain, state=state, reason=reason, pid=pid)
        self._changed(vm_id)

    def edit(self, xml: str) -> None:
        """Somebody changes a running domain (virsh metadata, say)."""
        self._get(ET.fromstring(xml).findtext("uuid") or "").xml = xml

    def set_move(self, vm_id: str, move: Move) -> None:
        running = self._get(vm_id)
        running.domain = replace(running.domain, move=move)

    def forget(self) -> None:
        """The machine starts anew: domains are gone and nobody knows why; then everybody looks again."""
        self._running.clear()
        self.ends.clear()
        self._again()

    def _get(self, vm_id: str) -> _Running:
        if vm_id not in self._running:
            raise HypervisorFailed(act="find the domain", reason="Domain not found")
        return self._running[vm_id]


def _disk(root: ET.Element, target: str) -> ET.Element:
    return next(one for one in root.iterfind("devices/disk") if one.find(f"target[@dev='{target}']") is not None)


def _cut(disk: ET.Element, top: str, base: str) -> None:
    """The images from `top` down to above `base` are gone."""
    first, last = (int(name.partition("[")[2].rstrip("]")) for name in (top, base))
    files = [source.get("file", "") for source in disk.iter("source")]
    left = files[: first - 1] + files[last - 1 :]
    for one in [one for one in disk if one.tag in ("source", "backingStore")]:
        disk.remove(one)
    level = disk
    for number, file in enumerate(left):
        level = level if number == 0 else ET.SubElement(level, "backingStore", type="file")
        ET.SubElement(level, "source", file=file)


def _target(disk: ET.Element) -> str | None:
    target = disk.find("target")
    return target.get("dev") if target is not None else None
