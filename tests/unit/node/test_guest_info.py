"""What is made of what an agent in a guest says."""

from pathlib import Path
from typing import Any

import pytest

from node.api.messages.guests import GuestNic, GuestReport, GuestUser
from node.vms.domain_status import Status, status_of
from node.vms.guest_info import LARGEST_ANSWER, MOST_OF_A_KIND, agent_version, differs, guest_report
from node.vms.hypervisor import Move
from tests.unit.node.guests import ANSWERS, REPORT, VM


def test_a_guest_is_known_by_what_its_agent_says() -> None:
    assert guest_report(VM, ANSWERS, "10.0.13") == REPORT
    assert guest_report(VM, {}, "") == GuestReport(vm_id=VM)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"hostname": "x" * 100_000}, {"host_name": "x" * 255}),
        ({"hostname": "a\nb\x1b[2J"}, {"host_name": "ab[2J"}),
        ({"hostname": 7, "timezone.offset": "far", "os.id": None}, {}),
        ({"timezone.offset": 10**30, "timezone.name": ["x"]}, {}),
        ({"if.count": 10**12}, {}),
        ({"if.count": -1, "user.count": "2", "fs.count": 1}, {}),
        ({"if.count": 1, "if.0.name": "eth0", "if.0.hwaddr": "<script>"}, {}),
        (
            {"if.count": 1, "if.0.name": "e", "if.0.hwaddr": "x", "if.0.addr.count": 3, "if.0.addr.0.addr": "1.2.3",
             "if.0.addr.1.addr": "fe80::1%eth0", "if.0.addr.2.addr": "fe80::1"},
            {"nics": (GuestNic(name="e", mac="", addresses=("fe80::1",)),)},
        ),
        ({"user.count": 1, "user.0.name": "u", "user.0.login-time": -5}, {"users": (GuestUser(name="u"),)}),
    ],
)  # fmt: skip
def test_what_a_guest_cannot_mean_is_passed_over(answers: dict[str, Any], expected: dict[str, Any]) -> None:
    assert guest_report(VM, answers, "") == GuestReport(vm_id=VM, **expected)


def test_no_guest_makes_a_report_large() -> None:
    many = {"user.count": 10**9} | {f"user.{number}.name": "u" * 10_000 for number in range(1000)}
    users = guest_report(VM, many, "").users
    assert len(users) == MOST_OF_A_KIND
    assert {len(user.name) for user in users} == {255}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ('{"return": {"version": "10.0.13", "supported_commands": [{"enabled": true, "name": "x"}]}}', "10.0.13"),
        ('{"return": {}}', ""),
        ('{"error": {"class": "CommandNotFound"}}', ""),
        ("[" * 20_000, ""),
        ('{"return": {"version": ' + "[" * 10_000, ""),
        ('{"return": {"version": "1"}, "x": "' + "x" * LARGEST_ANSWER + '"}', ""),
        ('{"return": {"version": 7}}', ""),
        ("\udcff", ""),
    ],
)
def test_the_version_of_an_agent_is_its_word_or_nothing(answer: str, expected: str) -> None:
    assert agent_version(answer) == expected


def test_how_full_its_file_systems_are_is_no_news() -> None:
    fuller = guest_report(VM, ANSWERS | {"fs.0.used-bytes": 700}, "10.0.13")
    assert not differs(REPORT, fuller)
    assert differs(REPORT, guest_report(VM, ANSWERS | {"hostname": "mail"}, "10.0.13"))
    assert differs(None, REPORT)


STATUS = """<domstatus state='running' reason='booted' pid='1598'>
  <job type='none' async='none'/>
  <domain type='qemu' id='1'>
    <devices>
      <channel type='unix'>
        <source mode='bind' path='/run/libvirt/qemu/channel/1-x/org.qemu.guest_agent.0'/>
        <target type='virtio' name='org.qemu.guest_agent.0' state='{state}'/>
      </channel>
    </devices>
  </domain>
</domstatus>"""


@pytest.mark.parametrize(("state", "there"), [("connected", True), ("disconnected", False)])
def test_whether_an_agent_is_there_is_read_of_libvirts_file(tmp_path: Path, state: str, *, there: bool) -> None:
    (tmp_path / "vm.xml").write_text(STATUS.format(state=state))
    assert status_of(tmp_path / "vm.xml") == Status(Move.NONE, (), there)
    assert status_of(tmp_path / "none.xml") == Status()
