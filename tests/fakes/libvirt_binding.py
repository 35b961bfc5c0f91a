"""libvirt's Python binding, which is not on every machine: what the node asks of it, with libvirt's own numbers."""

import importlib
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

MODULES = (
    "node.vms.libvirt_hypervisor",
    "node.vms.libvirt_domains",
    "node.vms.libvirt_migration",
    "node.vms.libvirt_guest",
)


class PlayedLibvirt(ModuleType):
    """`callbacks`: by event id, as the binding was given them. `domains` are all that a connection finds; `opened` are
    the addresses of connections, `created` the domains that were to be made, with libvirt's flags."""

    VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_ID_REBOOT, VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE = 0, 1, 18
    VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON, VIR_DOMAIN_EVENT_RESUMED = 6, 4
    VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_SHUTDOWN = 2, 5, 6
    VIR_DOMAIN_EVENT_SHUTDOWN_GUEST, VIR_DOMAIN_EVENT_SHUTDOWN_HOST = 1, 2
    VIR_CONNECT_LIST_DOMAINS_ACTIVE, VIR_CONNECT_LIST_DOMAINS_PERSISTENT = 1, 4
    VIR_DOMAIN_START_PAUSED, VIR_DOMAIN_START_VALIDATE, VIR_DOMAIN_START_RESET_NVRAM = 1, 16, 32
    VIR_DOMAIN_UNDEFINE_MANAGED_SAVE, VIR_DOMAIN_UNDEFINE_KEEP_NVRAM, VIR_DOMAIN_METADATA_ELEMENT = 1, 8, 2
    VIR_DOMAIN_XML_SECURE, VIR_DOMAIN_AFFECT_LIVE = 1, 1
    VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_CRASHED, VIR_DOMAIN_METADATA_TITLE, VIR_ERR_NO_DOMAIN = 5, 6, 1, 42
    VIR_MIGRATE_LIVE, VIR_MIGRATE_PEER2PEER = 1, 2
    VIR_MIGRATE_ABORT_ON_ERROR, VIR_MIGRATE_AUTO_CONVERGE, VIR_MIGRATE_TLS = 4096, 8192, 65536
    VIR_MIGRATE_PARAM_URI, VIR_MIGRATE_PARAM_LISTEN_ADDRESS = "migrate_uri", "listen_address"
    VIR_MIGRATE_PARAM_AUTO_CONVERGE_INITIAL = "auto_converge.initial"
    VIR_MIGRATE_PARAM_AUTO_CONVERGE_INCREMENT = "auto_converge.increment"
    VIR_MIGRATE_PARAM_BANDWIDTH = "bandwidth"
    VIR_DOMAIN_JOB_NONE, VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT = 0, 5
    VIR_DOMAIN_JOB_OPERATION, VIR_DOMAIN_JOB_TIME_ELAPSED = "operation", "time_elapsed"
    VIR_DOMAIN_JOB_MEMORY_TOTAL, VIR_DOMAIN_JOB_MEMORY_REMAINING = "memory_total", "memory_remaining"

    class libvirtError(Exception):
        def __init__(self, message: str = "", code: int = 1) -> None:
            super().__init__(message)
            self._message, self._code = message, code

        def get_error_message(self) -> str:
            return self._message

        def get_error_code(self) -> int:
            return self._code

    def __init__(self) -> None:
        super().__init__("libvirt")
        self.callbacks: dict[int, Any] = {}
        self.domains: dict[str, Any] = {}
        self.opened: list[str] = []
        self.created: list[tuple[str, int]] = []
        self.comparison = 1
        self.qemu = ModuleType("libvirt_qemu")
        vars(self.qemu)["qemuAgentCommand"] = lambda domain, *asked: domain.agent_command(*asked)

    def registerErrorHandler(self, *_: Any) -> None: ...
    def virEventRegisterDefaultImpl(self) -> None: ...

    def open(self, uri: str) -> Any:
        self.opened.append(uri)
        return SimpleNamespace(
            setKeepAlive=lambda *_: None,
            isAlive=lambda: True,
            close=lambda: None,
            domainEventRegisterAny=self._register,
            listAllDomains=lambda _: list(self.domains.values()),
            createXML=lambda *asked: self.created.append(asked),
            lookupByUUIDString=self._lookup,
            getCapabilities=lambda: "<capabilities><host><cpu><model>EPYC</model></cpu></host></capabilities>",
            compareCPU=lambda _: self.comparison,
        )

    def _lookup(self, vm_id: str) -> Any:
        if vm_id not in self.domains:
            raise self.libvirtError("Domain not found", self.VIR_ERR_NO_DOMAIN)
        return self.domains[vm_id]

    def _register(self, _: None, event: int, callback: Any, __: None) -> None:
        self.callbacks[event] = callback


def play_libvirt(monkeypatch: pytest.MonkeyPatch) -> tuple[PlayedLibvirt, Any]:
    """The binding as it is played, and a LibvirtHypervisor over it."""
    played = PlayedLibvirt()
    monkeypatch.setitem(sys.modules, "libvirt", played)
    monkeypatch.setitem(sys.modules, "libvirt_qemu", played.qemu)
    _forget(monkeypatch)
    hypervisor = importlib.import_module(MODULES[0]).LibvirtHypervisor()
    _forget(monkeypatch)
    return played, hypervisor


def write_files_in(folder: Path, hypervisor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What libvirt writes of domains, their states and their logs."""
    of_domains = type(hypervisor).domains.__globals__["active_domains"].__globals__
    for name in ("RUN", "LOGS"):
        monkeypatch.setitem(of_domains, name, folder)


def _forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next import of what stands on the binding is a new one."""
    for name in MODULES:
        monkeypatch.delitem(sys.modules, name, raising=False)
        monkeypatch.delattr(name, raising=False)
