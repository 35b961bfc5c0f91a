"""What is written as `answers.toml` is read as the same; so is what the screens make of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installer.answers import Answers, DiskAnswers, MachineAnswers, NetworkAnswers
from installer.format_answers import format_answers, format_document
from installer.reading import from_document, read
from installer.screens.disk_choice import expression_of
from installer.screens.draft import Draft, decode, draft_of, proposed
from installer.sysinfo import Disk
from netconf.screens.layout import Layout
from tests.fakes.installer import HASH, MACHINE

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ+9QhTfEAYwiE4kXuWr3YHf10ig17vEtiXNA0fz03Nj op@desk"
_MACHINES = (
    {"host_name": "node1"},
    {"host_name": "n", "password_hash": HASH, "ssh_keys": [KEY], "ntp": ["ntp.example.org", "192.0.2.9"]},
)
_DISKS = (
    {"system": 'serial == "S45PNA0M500123"'},
    {"system": 'serial == "S45PNA0M500123"', "bricks": ['serial == "ZC1A2B3C"'], "wipe": ["ZC1A2B3C"]},
)
_LINKS = (
    {"nics": ["b0:26:28:00:00:01"]},
    {"nics": ["b0:26:28:00:00:01", "b0:26:28:00:00:02"], "bond": "802.3ad", "vlan": 42, "mtu": 9000},
)
_IPS: tuple[dict[str, object], ...] = (
    {},
    {"ipv4": "static", "address": "192.0.2.11/24", "gateway": "192.0.2.1", "dns": ["192.0.2.53"]},
    {"ipv6": "auto", "search": ["example.org"]},
    {"ipv6": "static", "address6": "2001:db8::11/64", "gateway6": "fe80::1", "dns": ["2001:db8::53"]},
)
_ROLES: tuple[dict[str, object], ...] = (
    {},
    {"kind": "first"},
    {"kind": "join", "engine": "e.example.org", "fingerprint": "lusab babad gutih tugad"},
)


def answers() -> st.SearchStrategy[Answers]:
    network = st.builds(lambda link, ip: {**link, **ip}, st.sampled_from(_LINKS), st.sampled_from(_IPS))
    parts = (st.sampled_from(_MACHINES), st.sampled_from(_DISKS), network, st.sampled_from(_ROLES))
    return st.tuples(*parts).map(lambda found: from_document(dict(zip(_TABLES, found, strict=True))).answers)


_TABLES = ("machine", "disks", "network", "role")


@given(answers())
def test_what_is_written_is_read_as_the_same(given_answers: Answers) -> None:
    assert read(format_answers(given_answers)) == given_answers


@given(answers())
def test_what_the_screens_make_of_answers_is_the_same_again(given_answers: Answers) -> None:
    draft = decode(draft_of(given_answers, MACHINE).encode())
    assert draft.to_answers(MACHINE) == given_answers
    assert draft.to_network(MACHINE.nics) == given_answers.network
    assert read(format_document(draft.document(MACHINE.nics))) == given_answers


def test_a_draft_with_gaps_is_text_too() -> None:
    assert format_document(Draft().document(())) == (
        '[network]\nipv4 = "dhcp"\nipv6 = "off"\n\n[role]\nkind = "later"\n'
    )
    assert 'vlan = "ten"' in format_document(Draft(layout=Layout(vlan="ten")).document(()))


def test_an_expression_for_several_disks_becomes_one_for_each() -> None:
    answers = Answers(
        machine=MachineAnswers(host_name="node1"),
        disks=DiskAnswers(system='name == "sda"', bricks=("size > 1T",)),
        network=NetworkAnswers(nics=("eno1",)),
    )
    draft = draft_of(answers, MACHINE)
    assert (draft.system, draft.bricks) == ('serial == "S45PNA0M500123"', ('serial == "ZC1A2B3C"',))


def test_a_disk_that_holds_something_is_never_proposed() -> None:
    assert proposed(MACHINE).chosen(MACHINE.disks) == MACHINE.disks[:1]
    machine = MACHINE.__class__(disks=MACHINE.disks[1:], nics=MACHINE.nics)
    assert proposed(machine).system == ""


@pytest.mark.parametrize(
    ("serial", "wwn", "expression"),
    [
        ("A", "0x1", 'serial == "A"'),
        ("B", "0x1", 'wwn == "0x1"'),
        ("B", "", 'name == "vda"'),
        ("", "", 'name == "vda"'),
        ('odd"', "", 'name == "vda"'),
    ],
)
def test_a_disk_is_said_by_what_no_other_has(serial: str, wwn: str, expression: str) -> None:
    disk = Disk(path="/dev/vda", size_bytes=1, serial=serial, wwn=wwn)
    assert expression_of(disk, (disk, Disk(path="/dev/vdb", size_bytes=1, serial="B"))) == expression
