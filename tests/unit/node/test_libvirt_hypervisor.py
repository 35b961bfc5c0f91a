"""What is asked of libvirt, and that a guest which boots again is noticed. libvirt's binding, which is not on every
machine, is played."""

import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from node.vms.domain_xml import METADATA
from node.vms.ends import End
from node.vms.hypervisor import DomainAction, HypervisorFailed
from tests.fakes.libvirt_binding import PlayedLibvirt, play_libvirt, write_files_in

DATA = Path(__file__).parents[2] / "data" / "node" / "vm_logs"

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


def test_a_domain_is_made_and_started_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    played, hypervisor = play_libvirt(monkeypatch)
    always = played.VIR_DOMAIN_START_VALIDATE | played.VIR_DOMAIN_START_RESET_NVRAM
    hypervisor.start("<domain/>")
    hypervisor.start("<domain/>", paused=True)
    assert played.created == [("<domain/>", always), ("<domain/>", always | played.VIR_DOMAIN_START_PAUSED)]


STOPPED, SHUTDOWN, STARTED = "STOPPED", "SHUTDOWN", "STARTED"


@pytest.mark.parametrize(
    ("events", "log", "end"),
    [
        ([], None, None),
        ([(STOPPED, 0)], None, End("shutdown")),
        ([(SHUTDOWN, 1), (STOPPED, 0)], "shutdown", End("shutdown")),
        ([(SHUTDOWN, 2), (STOPPED, 0)], None, End("shutdown", signalled=True)),
        (
            [(SHUTDOWN, 2), (STOPPED, 0)],
            "sigterm",
            End("shutdown", signalled=True, killer="/opt/trivet/venv/bin/python"),
        ),
        ([(STOPPED, 1)], "destroyed", End("destroyed")),
        ([(STOPPED, 5)], "sigkill", End("crashed")),
        ([(STOPPED, 3)], None, End("migrated")),
        ([(STOPPED, 0), (STARTED, 0)], None, None),
        ([], "sigterm", End("shutdown", signalled=True, killer="/opt/trivet/venv/bin/python")),
    ],
)
def test_how_a_domain_ended_is_known_by_events_and_by_its_log(
    events: list[tuple[str, int]], log: str | None, end: End | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    played, hypervisor = play_libvirt(monkeypatch)
    write_files_in(tmp_path, hypervisor, monkeypatch)
    if log is not None:
        (tmp_path / "web.log").write_text((DATA / f"{log}.log").read_text())
    hypervisor.domains()
    domain = SimpleNamespace(UUIDString=lambda: VM)
    for event, detail in events:
        number = getattr(played, f"VIR_DOMAIN_EVENT_{event}")
        played.callbacks[played.VIR_DOMAIN_EVENT_ID_LIFECYCLE](None, domain, number, detail, None)
    assert hypervisor.end(VM, "web") == end


class Defined:
    """`ours`: it has Trivet's metadata."""

    def __init__(self, vm_id: str, *, ours: bool, binding: PlayedLibvirt) -> None:
        self._id, self._ours, self._binding = vm_id, ours, binding
        self.flags = 0

    def UUIDString(self) -> str:
        return self._id

    def metadata(self, kind: int, uri: str) -> str:
        if not self._ours or uri != METADATA:
            raise self._binding.libvirtError("metadata not found: Requested metadata element is not present", 80)
        return "<vm/>"

    def undefineFlags(self, flags: int) -> None:
        self.flags = flags


def test_only_definitions_of_trivet_go(monkeypatch: pytest.MonkeyPatch) -> None:
    played, hypervisor = play_libvirt(monkeypatch)
    own, other = Defined(VM, ours=True, binding=played), Defined("another", ours=False, binding=played)
    played.domains = {VM: own, "another": other}
    assert hypervisor.defined() == [VM]
    hypervisor.undefine(VM)
    assert own.flags == played.VIR_DOMAIN_UNDEFINE_KEEP_NVRAM | played.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE
