"""What is asked of libvirt, and that a guest which boots again is noticed. libvirt's binding, which is not on every
machine, is played."""

import time
from types import SimpleNamespace

import pytest

from node.vms.hypervisor import DomainAction, HypervisorFailed
from tests.fakes.libvirt_binding import play_libvirt

VM = "6f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5f60"


def test_a_guest_that_boots_again_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    played, hypervisor = play_libvirt(monkeypatch)
    changed: list[str] = []
    monkeypatch.setattr(hypervisor, "_changed", changed.append)
    hypervisor.domains()
    assert hypervisor.rebooted_at(VM) is None
    before = time.monotonic()
    played.callbacks[played.VIR_DOMAIN_EVENT_ID_REBOOT](None, SimpleNamespace(UUIDString=lambda: VM), None)
    assert before <= hypervisor.rebooted_at(VM) <= time.monotonic()
    assert changed == [VM]


def test_what_is_done_to_a_domain_is_done_by_libvirts_method_of_that_name(monkeypatch: pytest.MonkeyPatch) -> None:
    played, hypervisor = play_libvirt(monkeypatch)
    done: list[str] = []
    played.domains[VM] = SimpleNamespace(**{one.value: lambda one=one: done.append(one.value) for one in DomainAction})
    for action in DomainAction:
        hypervisor.act(VM, action)
    assert done == [action.value for action in DomainAction]
    assert {"shutdown", "destroy", "resume"} <= set(done)
    del played.domains[VM]
    with pytest.raises(HypervisorFailed, match="libvirt did not shut down the VM: Domain not found"):
        hypervisor.act(VM, DomainAction.SHUT_DOWN)
