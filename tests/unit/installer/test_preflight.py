"""What is said of a machine before an installation: how grave it is, why it matters, how to mend it."""

from typing import Any

import msgspec
import pytest

from installer.answers import Answers
from installer.preflight import Severity, findings
from installer.reading import read
from installer.sysinfo import Content, Disk, Nic, Signature, SysInfo

GIB = 1 << 30
NIC = Nic(name="eno1", mac="52:54:00:00:00:01", carrier=True, speed_mbps=1000)
OTHER = Nic(name="eno2", mac="52:54:00:00:00:02", carrier=True, speed_mbps=1000)
GOOD = SysInfo(
    version="0.1.0.202611301104",
    uuid="4c4c4544-0042-3510-8051-b4c04f4d3133",
    virtualization="vmx",
    memory_bytes=16 * GIB,
    clock="2026-12-01T08:00:00+00:00",
    disks=(Disk(path="/dev/sda", size_bytes=480 * 10**9, serial="S1"),),
    nics=(NIC, OTHER),
)
TEXT = """
[machine]
host_name = "node1"
ssh_keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ9pVkUe1yZHYj4p1u9mS7b2J2cV2m4vXo5qF0yqk0aB"]
[disks]
system = 'serial == "S1"'
[network]
nics = ["eno1", "52:54:00:00:00:02"]
"""


def answers(more: str = "") -> Answers:
    return read(TEXT + more)


def with_(**fields: Any) -> SysInfo:
    return msgspec.structs.replace(GOOD, **fields)


def test_nothing_is_said_of_a_good_machine() -> None:
    assert findings(GOOD) == ()
    assert findings(GOOD, answers()) == ()


def unreadable(**fields: Any) -> Disk:
    content = Content(signature=Signature.UNREADABLE, place="sdb", description="cannot be read: Input/output error")
    return Disk(path="/dev/sdb", size_bytes=10**12, contents=(content,), **fields)


@pytest.mark.parametrize(
    ("fields", "severity", "what"),
    [
        ({"firmware": "bios"}, "error", "The machine was not started by UEFI"),
        ({"virtualization": ""}, "warning", "The processors offer no virtualization"),
        ({"memory_bytes": 15 * GIB // 10}, "error", "There is little memory (1.5 GiB)"),
        ({"memory_bytes": 19 * GIB // 10}, "warning", "There is little memory (1.9 GiB)"),
        ({"disks": ()}, "error", "There is no disk to install on"),
        (
            {"disks": (Disk(path="/dev/sr0", size_bytes=10**12, medium=True),)},
            "error",
            "There is no disk to install on",
        ),
        ({"disks": (Disk(path="/dev/sda", size_bytes=8 * GIB),)}, "error", "No disk is large enough"),
        ({"disks": (Disk(path="/dev/sda", size_bytes=10**12, read_only=True),)}, "error", "No disk is large enough"),
        (
            {"disks": (*GOOD.disks, unreadable(serial="S2"))},
            "note",
            "The disk sdb (S2) may be broken",
        ),
        (
            {"clock": "2010-01-01T00:00:00+00:00"},
            "warning",
            "The clock is wrong: 2010-01-01 00:00 (UTC) is before this version of Trivet was made",
        ),
        (
            {"clock": "2099-01-01T00:00:00+00:00"},
            "warning",
            "The clock is wrong: 2099-01-01 00:00 (UTC) is more than 15 years after this version",
        ),
        (
            {"uuid": "03000200-0400-0500-0006-000700080009"},
            "warning",
            "The machine's UUID is not its own (03000200-0400-0500-0006-000700080009)",
        ),
        ({"nics": ()}, "error", "There is no NIC"),
        ({"nics": (msgspec.structs.replace(NIC, carrier=False),)}, "warning", "No NIC has a carrier"),
    ],
)
def test_one_finding(fields: dict[str, Any], severity: str, what: str) -> None:
    (found,) = findings(with_(**fields))
    assert (found.severity, found.what) == (severity, what)
    assert found.why
    assert found.mend
    assert not str(found).endswith("..")


@pytest.mark.parametrize("memory", [2 * GIB - 200 * 1024**2, 4 * GIB - 300 * 1024**2])
def test_memory_is_counted_as_it_is_built_in(memory: int) -> None:
    assert Severity.ERROR not in {one.severity for one in findings(with_(memory_bytes=memory))}
    assert len(findings(with_(memory_bytes=memory))) == (memory < 3 * GIB)


def test_an_image_of_sources_that_were_being_changed() -> None:
    (found,) = findings(with_(version="0.1.0.202611301127.d3f0239", clock="2010-01-01T00:00:00+00:00"))
    assert found.what.startswith("The clock is wrong")


@pytest.mark.parametrize("fields", [{"clock": ""}, {"clock": "now"}, {"version": ""}, {"version": "0.1"}])
def test_a_clock_that_cannot_be_judged(fields: dict[str, Any]) -> None:
    assert findings(with_(**fields)) == ()


def test_errors_come_first() -> None:
    found = findings(with_(virtualization="", disks=(unreadable(),), nics=()))
    assert [one.severity for one in found] == ["error", "warning", "note"]


def test_chosen_nics() -> None:
    dead = msgspec.structs.replace(NIC, carrier=False)
    (found,) = findings(with_(nics=(dead, OTHER)), answers())
    assert found.what == "The NIC eno1 (52:54:00:00:00:01) has no carrier"
    assert found.why == "the bond would run on the others"
    alone = with_(nics=(dead, msgspec.structs.replace(OTHER, carrier=False)))
    assert {one.why for one in findings(alone, answers())} == {"the node would not be reachable"}
    slow = with_(nics=(NIC, msgspec.structs.replace(OTHER, speed_mbps=100)))
    assert [one.why for one in findings(slow, answers())] == ["eno1 1000 Mbit/s, eno2 100 Mbit/s"]


def test_a_node_that_asks_without_a_code_has_to_be_approved() -> None:
    text = '[role]\nkind = "join"\nengine = "engine.example.org"\nfingerprint = "lusab-babad-gutih-tugad"\n'
    assert [one.what for one in findings(GOOD, answers(text))] == ["An administrator has to approve this node"]
    assert not findings(GOOD, answers(f'{text}join_code = "ABCD-EFGH-JKLM-NPQR-STUV"\n'))


def test_what_the_answers_leave_out_or_name_in_vain() -> None:
    text = TEXT.replace("ssh_keys", "ntp = [] #").replace("[network]", 'wipe = ["S1", "S9"]\n[network]')
    text += 'ipv4 = "static"\naddress = "192.0.2.11/24"\n'
    assert [one.what for one in findings(GOOD, read(text))] == [
        "No disk has the serial number or WWN S9",
        "Nobody can sign in",
        "There is no gateway",
    ]
