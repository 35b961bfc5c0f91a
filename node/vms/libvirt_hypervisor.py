"""The hypervisor through libvirt-python, with libvirt's event loop in a thread of its own."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar

import libvirt

from node.vms import libvirt_guest, libvirt_migration
from node.vms.ends import STOPPED, End, end_in_log
from node.vms.hypervisor import Domain, DomainAction, HypervisorFailed, Versions
from node.vms.libvirt_domains import active_domains, find_domain, is_ours, log_of
from node.vms.migration import MigrationLimits, MigrationProgress
from node.vms.states import PAUSED, PAUSED_BY_STORAGE

log = logging.getLogger(__name__)
T = TypeVar("T")

URI = "qemu:///system"
INTERVAL_S = 2.0  # how often a lost connection is noticed and made again


class LibvirtHypervisor:
    """One connection for all threads (libvirt allows it), made again when libvirtd was away."""

    def __init__(self, uri: str = URI) -> None:
        self._uri = uri
        self._lock = threading.Lock()
        self._connection: Any = None
        self._changed: Callable[[str], None] = lambda _: None
        self._again: Callable[[], None] = lambda: None
        self._agent_changed: Callable[[str], None] = lambda _: None
        self._resumed: Callable[[str], None] = lambda _: None
        self._rebooted_at: dict[str, float] = {}
        self._signalled: set[str] = set()
        self._ends: dict[str, End] = {}
        self._full: set[str] = set()
        libvirt.registerErrorHandler(lambda *_: None, None)  # errors come as exceptions; not on stderr as well
        libvirt.virEventRegisterDefaultImpl()

    def watch(self, changed: Callable[[str], None], again: Callable[[], None]) -> None:
        self._changed, self._again = changed, again
        threading.Thread(target=_turn_events, name="libvirt-events", daemon=True).start()
        threading.Thread(target=self._stay_connected, name="libvirt-keeper", daemon=True).start()

    def domains(self) -> Sequence[Domain]:
        return [self._with_error(domain) for domain in self._do("list its domains", active_domains)]

    def find(self, vm_id: str) -> Domain | None:
        domain = self._do("look for a domain", lambda c: find_domain(c, vm_id))
        return self._with_error(domain) if domain is not None else None

    def watch_errors(self, vm_id: str) -> None:
        errors = self._do("say what is wrong with a disk", lambda c: c.lookupByUUIDString(vm_id).diskErrors())
        no_space = libvirt.VIR_DOMAIN_DISK_ERROR_NO_SPACE in errors.values()
        if no_space is not (vm_id in self._full):
            self._note_error(vm_id, no_space=no_space)
            self._changed(vm_id)

    def rebooted_at(self, vm_id: str) -> float | None:
        """When its guest began to boot again in the same process, by the monotonic clock; as far as it was watched."""
        return self._rebooted_at.get(vm_id)

    def xml(self, vm_id: str) -> str:
        return self._do("show the domain", lambda c: str(c.lookupByUUIDString(vm_id).XMLDesc()))

    def live_xml(self, vm_id: str) -> str:
        flags = libvirt.VIR_DOMAIN_XML_SECURE
        return self._do("show the running VM", lambda c: str(c.lookupByUUIDString(vm_id).XMLDesc(flags)))

    def update_device(self, vm_id: str, xml: str, *, force: bool = False) -> None:
        flags = libvirt.VIR_DOMAIN_AFFECT_LIVE | (libvirt.VIR_DOMAIN_DEVICE_MODIFY_FORCE if force else 0)
        self._do("change a device of the VM", lambda c: c.lookupByUUIDString(vm_id).updateDeviceFlags(xml, flags))

    def attach_device(self, vm_id: str, xml: str) -> None:
        live = libvirt.VIR_DOMAIN_AFFECT_LIVE
        self._do("plug a device into the VM", lambda c: c.lookupByUUIDString(vm_id).attachDeviceFlags(xml, live))

    def detach_device(self, vm_id: str, xml: str) -> None:
        live = libvirt.VIR_DOMAIN_AFFECT_LIVE
        self._do("unplug a device of the VM", lambda c: c.lookupByUUIDString(vm_id).detachDeviceFlags(xml, live))

    def set_cpus(self, vm_id: str, count: int) -> None:
        live = libvirt.VIR_DOMAIN_AFFECT_LIVE
        act = "change the processors of the VM"
        self._do(act, lambda c: c.lookupByUUIDString(vm_id).setVcpusFlags(count, live))

    def snapshot(self, vm_id: str, xml: str, *, quiesce: bool, memory: bool = False) -> None:
        flags = libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_REUSE_EXT | libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA
        flags |= libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC
        flags |= 0 if memory else libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY
        flags |= libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE if quiesce else 0
        self._do("take the snapshot", lambda c: c.lookupByUUIDString(vm_id).snapshotCreateXML(xml, flags))

    def commit(self, vm_id: str, target: str, *, base: str, top: str, active: bool) -> None:
        flags = libvirt.VIR_DOMAIN_BLOCK_COMMIT_ACTIVE if active else libvirt.VIR_DOMAIN_BLOCK_COMMIT_RELATIVE
        self._do("merge", lambda c: c.lookupByUUIDString(vm_id).blockCommit(target, base, top, 0, flags))

    def block_job(self, vm_id: str, target: str) -> tuple[int, int] | None:
        info = self._do("say how far it is", lambda c: c.lookupByUUIDString(vm_id).blockJobInfo(target))
        return (int(info["cur"]), int(info["end"])) if info else None

    def pivot(self, vm_id: str, target: str) -> None:
        flags = libvirt.VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT
        self._do("end the merge", lambda c: c.lookupByUUIDString(vm_id).blockJobAbort(target, flags))

    def start(self, xml: str, *, paused: bool = False) -> None:
        """With the firmware's variables as they are shipped: those of the last run are of this host alone."""
        flags = libvirt.VIR_DOMAIN_START_VALIDATE | libvirt.VIR_DOMAIN_START_RESET_NVRAM
        flags |= libvirt.VIR_DOMAIN_START_PAUSED if paused else 0
        self._do("start the VM", lambda c: c.createXML(xml, flags))

    def save(self, vm_id: str, path: str) -> None:
        self._do("save the memory of the VM", lambda c: c.lookupByUUIDString(vm_id).save(path))

    def saved_xml(self, path: str) -> str:
        return self._do("read the memory of the VM", lambda c: str(c.saveImageGetXMLDesc(path)))

    def restore(self, path: str, xml: str, *, paused: bool = False) -> None:
        flags = libvirt.VIR_DOMAIN_SAVE_PAUSED if paused else libvirt.VIR_DOMAIN_SAVE_RUNNING
        self._do("start the VM from its memory", lambda c: c.restoreFlags(path, xml, flags))

    def end(self, vm_id: str, name: str) -> End | None:
        """As the events said, or the log of the VM where they did not come: libvirtd or its client was away."""
        told = self._ends.get(vm_id)
        logged = end_in_log(log_of(name))
        if told is None or logged is None:
            return told or logged
        return replace(told, signalled=told.signalled or logged.signalled, killer=logged.killer)

    def defined(self) -> Sequence[str]:
        flags = libvirt.VIR_CONNECT_LIST_DOMAINS_PERSISTENT
        found = self._do("list what is defined", lambda c: [d for d in c.listAllDomains(flags) if is_ours(d)])
        return [domain.UUIDString() for domain in found]

    def undefine(self, vm_id: str) -> None:
        """The firmware's variables stay for a QEMU that has them open."""
        flags = libvirt.VIR_DOMAIN_UNDEFINE_KEEP_NVRAM | libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE
        self._do("undefine the VM", lambda c: c.lookupByUUIDString(vm_id).undefineFlags(flags))

    def act(self, vm_id: str, action: DomainAction) -> None:
        self._do(f"{action.description} the VM", lambda c: getattr(c.lookupByUUIDString(vm_id), action)())

    def watch_guests(self, agent: Callable[[str], None], resumed: Callable[[str], None]) -> None:
        self._agent_changed, self._resumed = agent, resumed

    def guest_info(self, vm_id: str) -> tuple[str, Mapping[str, Any]]:
        act = "ask the guest's agent"
        try:
            return self._do(act, lambda c: libvirt_guest.info(c.lookupByUUIDString(vm_id)))
        except UnicodeDecodeError as err:  # the binding makes text of whatever the guest sent
            raise HypervisorFailed(act=act, reason=f"what it answers is no text ({err.reason})") from err

    def freeze(self, vm_id: str) -> int:
        return self._do("freeze the guest", lambda c: libvirt_guest.freeze(c.lookupByUUIDString(vm_id)))

    def thaw(self, vm_id: str) -> int:
        return self._do("thaw the guest", lambda c: libvirt_guest.thaw(c.lookupByUUIDString(vm_id)))

    def set_time(self, vm_id: str, at: float) -> None:
        self._do("set the guest's clock", lambda c: libvirt_guest.set_time(c.lookupByUUIDString(vm_id), at))

    def migrate(self, vm_id: str, address: str, limits: MigrationLimits) -> None:
        def go(connection: Any) -> None:
            domain = connection.lookupByUUIDString(vm_id)
            if (reason := libvirt_migration.why_cpu_not_fit(connection, domain, address)) is not None:
                raise HypervisorFailed(act="move the VM", reason=reason)
            uri, parameters = libvirt_migration.peer_uri(address), libvirt_migration.parameters(address, limits)
            domain.migrateToURI3(uri, parameters, libvirt_migration.FLAGS)

        self._do("move the VM", go)

    def migration(self, vm_id: str) -> MigrationProgress | None:
        return self._do(
            "ask how far the VM has moved", lambda c: libvirt_migration.progress(c.lookupByUUIDString(vm_id))
        )

    def allow_downtime(self, vm_id: str, milliseconds: int) -> None:
        self._do("let the VM stand still", lambda c: c.lookupByUUIDString(vm_id).migrateSetMaxDowntime(milliseconds))

    def cancel_migration(self, vm_id: str) -> None:
        self._do("give up moving the VM", lambda c: c.lookupByUUIDString(vm_id).abortJob())

    def unused_memory(self, vm_id: str) -> int | None:
        stats = self._do("ask the guest for its memory", lambda c: c.lookupByUUIDString(vm_id).memoryStats())
        found: int | None = stats.get("usable", stats.get("unused"))  # the latter of an old guest: less, without caches
        return found

    def set_balloon(self, vm_id: str, kib: int) -> None:
        live = libvirt.VIR_DOMAIN_AFFECT_LIVE
        self._do("change the VM's memory", lambda c: c.lookupByUUIDString(vm_id).setMemoryFlags(kib, live))

    def versions(self) -> Versions:
        return self._do("tell its versions", lambda c: Versions(_dotted(c.getLibVersion()), _dotted(c.getVersion())))

    def _do(self, act: str, ask: Callable[[Any], T]) -> T:
        try:
            return ask(self._connected())
        except libvirt.libvirtError as err:
            raise HypervisorFailed(act=act, reason=err.get_error_message() or str(err)) from err

    def _connected(self) -> Any:
        with self._lock:
            if self._connection is not None and _alive(self._connection):
                return self._connection
            connection = libvirt.open(self._uri)
            connection.setKeepAlive(5, 3)
            lifecycle = libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE
            connection.domainEventRegisterAny(None, lifecycle, self._on_lifecycle, None)
            connection.domainEventRegisterAny(None, libvirt.VIR_DOMAIN_EVENT_ID_REBOOT, self._on_reboot, None)
            agents = libvirt.VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE
            connection.domainEventRegisterAny(None, agents, self._on_agent, None)
            errors = libvirt.VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON
            connection.domainEventRegisterAny(None, errors, self._on_io_error, None)
            is_new, self._connection = self._connection is None, connection
        if not is_new:
            log.warning("libvirtd was away; connected again")
            self._again()
        return connection

    def _on_lifecycle(self, _connection: Any, domain: Any, event: int, detail: int, _opaque: Any) -> None:
        vm_id = domain.UUIDString()
        match event:
            case libvirt.VIR_DOMAIN_EVENT_STARTED:
                self._ends.pop(vm_id, None)
                self._signalled.discard(vm_id)
            case libvirt.VIR_DOMAIN_EVENT_SHUTDOWN if detail == libvirt.VIR_DOMAIN_EVENT_SHUTDOWN_HOST:
                self._signalled.add(vm_id)
            case libvirt.VIR_DOMAIN_EVENT_STOPPED if detail < len(STOPPED):
                self._ends[vm_id] = End(STOPPED[detail], signalled=vm_id in self._signalled)
        self._changed(vm_id)
        if event == libvirt.VIR_DOMAIN_EVENT_RESUMED:
            self._resumed(vm_id)

    def _on_io_error(
        self, _connection: Any, domain: Any, _path: str, _disk: str, _action: int, reason: str, _opaque: Any
    ) -> None:
        self._note_error(domain.UUIDString(), no_space=reason == "enospc")
        self._changed(domain.UUIDString())

    def _note_error(self, vm_id: str, *, no_space: bool) -> None:
        (self._full.add if no_space else self._full.discard)(vm_id)

    def _with_error(self, domain: Domain) -> Domain:
        paused = (domain.state, domain.reason) == (PAUSED, PAUSED_BY_STORAGE)
        return replace(domain, no_space=paused and domain.id in self._full)

    def _on_agent(self, _connection: Any, domain: Any, _state: int, _reason: int, _opaque: Any) -> None:
        self._agent_changed(domain.UUIDString())

    def _on_reboot(self, _connection: Any, domain: Any, _opaque: Any) -> None:
        self._rebooted_at[domain.UUIDString()] = time.monotonic()
        self._changed(domain.UUIDString())

    def _stay_connected(self) -> None:
        """Events come over the connection: a lost one has to be noticed also when nobody asks for anything."""
        while True:
            with suppress(libvirt.libvirtError):  # said by the next call that needs it
                self._connected()
            time.sleep(INTERVAL_S)


def _turn_events() -> None:
    while True:
        libvirt.virEventRunDefaultImpl()


def _alive(connection: Any) -> bool:
    try:
        return bool(connection.isAlive())
    except libvirt.libvirtError:
        return False


def _dotted(version: int) -> str:
    return f"{version // 1_000_000}.{version // 1000 % 1000}.{version % 1000}"
