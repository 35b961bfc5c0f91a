"""What libvirt is asked of guests, and what it says by itself."""

from types import SimpleNamespace
from typing import Any

import pytest

from node.vms.hypervisor import HypervisorFailed
from tests.fakes.libvirt_binding import play_libvirt
from tests.unit.node.guests import ANSWERS, VM


def test_each_question_to_an_agent_has_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    played, hypervisor = play_libvirt(monkeypatch)
    done: list[object] = []

    def note(name: str, answer: object) -> Any:
        def asked(*values: object) -> object:
            done.append((name, *values))
            return answer

        return asked

    played.domains[VM] = SimpleNamespace(
        agent_command=note("agent", '{"return": {"version": "10.0.13"}}'),
        agentSetResponseTimeout=note("timeout", None),
        guestInfo=note("info", ANSWERS),
        fsFreeze=note("freeze", 2),
        fsThaw=note("thaw", 2),
        setTime=note("time", 0),
    )
    assert hypervisor.guest_info(VM) == ("10.0.13", ANSWERS)
    assert done == [("agent", '{"execute":"guest-info"}', 5, 0), ("timeout", 5), ("info", 0)]
    done.clear()
    assert (hypervisor.freeze(VM), hypervisor.thaw(VM)) == (2, 2)
    hypervisor.set_time(VM, 12.5)
    assert done == [
        *(("timeout", 30), ("freeze",), ("timeout", 30), ("thaw",)),
        *(("timeout", 5), ("time", {"seconds": 12, "nseconds": 500_000_000})),
    ]


def test_an_answer_that_is_no_text_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    played, hypervisor = play_libvirt(monkeypatch)

    def no_text(*_: object) -> str:
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")

    played.domains[VM] = SimpleNamespace(agent_command=no_text)
    with pytest.raises(HypervisorFailed, match=r"no text \(invalid start byte\)"):
        hypervisor.guest_info(VM)


def test_libvirt_says_when_an_agent_comes_and_when_a_vm_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    played, hypervisor = play_libvirt(monkeypatch)
    agents: list[str] = []
    resumed: list[str] = []
    hypervisor.watch_guests(agents.append, resumed.append)
    hypervisor.domains()
    domain = SimpleNamespace(UUIDString=lambda: VM)
    played.callbacks[played.VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE](None, domain, 1, 1, None)
    for event in (2, played.VIR_DOMAIN_EVENT_RESUMED, 5):
        played.callbacks[played.VIR_DOMAIN_EVENT_ID_LIFECYCLE](None, domain, event, 0, None)
    assert (agents, resumed) == ([VM], [VM])
