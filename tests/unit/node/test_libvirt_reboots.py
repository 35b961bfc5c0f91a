"""That a guest which boots again is noticed; libvirt's binding is not on every machine, so that it is played here."""

import time
from types import SimpleNamespace

import pytest

from tests.fakes.libvirt_binding import play_libvirt

VM = "6f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5f60"


def test_a_guest_that_boots_again_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    played, hypervisor = play_libvirt(monkeypatch)
    hypervisor.domains()
    assert hypervisor.rebooted_at(VM) is None
    before = time.monotonic()
    played.callbacks[played.VIR_DOMAIN_EVENT_ID_REBOOT](None, SimpleNamespace(UUIDString=lambda: VM), None)
    assert before <= hypervisor.rebooted_at(VM) <= time.monotonic()
