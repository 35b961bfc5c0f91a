"""That a guest which boots again is noticed; libvirt's binding is not on every machine, so that it is played here."""

import importlib
import sys
import time
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

VM = "6f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5f60"


class PlayedLibvirt(ModuleType):
    """`callbacks`: by event id, as the binding was given them."""

    VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_ID_REBOOT = 0, 1
    VIR_DOMAIN_SHUTOFF = VIR_DOMAIN_CRASHED = VIR_DOMAIN_METADATA_TITLE = VIR_ERR_NO_DOMAIN = 0

    class libvirtError(Exception):
        pass

    def __init__(self) -> None:
        super().__init__("libvirt")
        self.callbacks: dict[int, Any] = {}

    def registerErrorHandler(self, *_: Any) -> None: ...
    def virEventRegisterDefaultImpl(self) -> None: ...

    def open(self, _: str) -> Any:
        def register(_: None, event: int, callback: Any, __: None) -> None:
            self.callbacks[event] = callback

        return SimpleNamespace(
            setKeepAlive=lambda *_: None,
            isAlive=lambda: True,
            domainEventRegisterAny=register,
            listAllDomains=list,
        )


def test_a_guest_that_boots_again_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    played = PlayedLibvirt()
    monkeypatch.setitem(sys.modules, "libvirt", played)
    monkeypatch.delitem(sys.modules, "node.vms.libvirt_hypervisor", raising=False)
    hypervisor = importlib.import_module("node.vms.libvirt_hypervisor").LibvirtHypervisor()
    monkeypatch.delitem(sys.modules, "node.vms.libvirt_hypervisor")
    hypervisor.domains()
    assert hypervisor.rebooted_at(VM) is None
    before = time.monotonic()
    played.callbacks[played.VIR_DOMAIN_EVENT_ID_REBOOT](None, SimpleNamespace(UUIDString=lambda: VM), None)
    assert before <= hypervisor.rebooted_at(VM) <= time.monotonic()
