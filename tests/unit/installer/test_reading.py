"""`answers.toml` is read as a whole: every mistake with its line, no secret in a message, no clear password kept."""

import json
from ipaddress import IPv4Address, IPv4Interface, IPv6Address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installer import passwords
from installer.answers import Answers, Ip, Role
from installer.reading import AnswersWrong, Remark, from_document, mistakes, read, read_with_warnings

HASH = "$y$j9T$M08BA2B7y5WgRlf5UD70T/$BnE7uwXRqPCNh.rbQbwloXdRV/8EAtrbyPStGuwyLZ0"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ9pVkUe1yZHYj4p1u9mS7b2J2cV2m4vXo5qF0yqk0aB"
TEXT = f"""\
[machine]
host_name = "node1"
password_hash = "{HASH}"
ssh_keys = [
  "{KEY} me@desk",  # mine
  'from="192.0.2.0/24",no-pty {KEY[:-1]}A',
]
ntp = ["ntp.example.org", "192.0.2.123"]

[disks]
system = 'serial == "S1"'
bricks = ["size > 200G and not removable"]
wipe = ["S2"]

[network]
nics = ["52:54:00:00:00:01", "eno2"]
bond = "802.3ad"
vlan = 100
mtu = 9000
ipv4 = "static"
address = "192.0.2.11/24"
gateway = "192.0.2.1"
ipv6 = "auto"
dns = [
  "192.0.2.53",
  "2001:db8::53",
]
search = ["example.org"]

[role]
kind = "join"
engine = "engine.example.org"
fingerprint = "lusab-babad-gutih-tugad"
"""


FINGERPRINT_LINE = 'fingerprint = "lusab-babad-gutih-tugad"'
CODE = "ABCD-EFGH-JKLM-NPQR-STUV"


def wrong(text: str) -> tuple[Remark, ...]:
    with pytest.raises(AnswersWrong) as caught:
        read(text)
    assert str(caught.value).isprintable()
    return caught.value.mistakes


def only_wrong(before: str, after: str, text: str = TEXT) -> tuple[int | None, str, str]:
    """Line, path and sentence of the one mistake in `text` with `after` instead of `before`."""
    assert before in text
    (one,) = wrong(text.replace(before, after))
    return one.line, one.path, one.sentence


def test_all_answers_are_read() -> None:
    answers = read(TEXT)
    assert answers.machine.password_hash == HASH
    assert answers.machine.ssh_keys[0] == f"{KEY} me@desk"
    assert answers.disks.bricks == ("size > 200G and not removable",)
    assert (answers.network.address, answers.network.ipv6) == (IPv4Interface("192.0.2.11/24"), Ip.AUTO)
    assert answers.network.dns == (IPv4Address("192.0.2.53"), IPv6Address("2001:db8::53"))
    assert answers.role.kind is Role.JOIN


def test_the_least_that_has_to_be_given() -> None:
    answers = read('[machine]\nhost_name = "n"\n[disks]\nsystem = "size > 0"\n[network]\nnics = ["eno1"]\n')
    assert (answers.network.ipv4, answers.role.kind, answers.machine.password_hash) == (Ip.DHCP, Role.LATER, None)


def test_the_example_of_the_readme_is_read() -> None:
    readme = (Path(__file__).parents[3] / "installer/README.md").read_text()
    answers = read(readme.partition("```toml\n")[2].partition("```")[0])
    assert (answers.role.kind, len(answers.network.nics)) == (Role.FIRST, 2)


def test_a_password_in_clear_is_hashed_at_once_with_a_warning() -> None:
    text = TEXT.replace(f'password_hash = "{HASH}"', 'password = "correct horse"')
    reading = read_with_warnings(text)
    assert reading.answers.machine.password is None
    assert reading.answers.machine.password_hash is not None
    assert reading.answers.machine.password_hash.startswith("$y$")
    hashed = reading.answers.machine.password_hash
    assert passwords._hashed("correct horse", hashed.encode()) == hashed
    (warning,) = reading.warnings
    assert (warning.path, warning.line) == ("machine.password", 3)
    assert "correct" not in repr(reading)


def test_an_engine_without_fingerprint_is_a_warning() -> None:
    text = TEXT.replace('fingerprint = "lusab-babad-gutih-tugad"\n', "")
    assert [(one.path, one.line) for one in read_with_warnings(text).warnings] == [("role.engine", 32)]
    assert read_with_warnings(TEXT).warnings == ()


def test_every_mistake_is_named_at_once_with_its_line() -> None:
    text = TEXT.replace("node1", "localhost").replace("vlan = 100", "vlan = 5000\ncolour = 1").replace("S1", "S1' or")
    text = text.replace("'serial", '"serial').replace("or\"'", 'or"').replace('== "S1', "== 'S1").replace("53", "255")
    assert [(one.line, one.path, one.sentence) for one in wrong(text)] == [
        (2, "machine.host_name", '"localhost" is a name by which every machine knows itself'),
        (
            11,
            "disks.system",
            "\"serial == 'S1' or\" says no disks: at character 18: one of serial, wwn, model, transport, name, size, "
            "sector, removable, rotational is expected, and nothing follows",
        ),
        (18, "network.vlan", "5000 has to be 1 to 4094"),
        (19, "network.colour", "is not known here"),
        (26, "network.dns[0]", "192.0.2.255 is the broadcast address of the network 192.0.2.0/24"),
    ]


@pytest.mark.parametrize(
    ("before", "after", "line", "path", "sentence"),
    [
        ("node1", "node1.example.org", 2, "machine.host_name", "holds a dot: a node has a short name such as node1"),
        ("node1", "Node1", 2, "machine.host_name", "has capital letters: write it in lower case"),
        ('host_name = "node1"', "host_name = 1", 2, "machine.host_name", "1 has to be text"),
        ('host_name = "node1"', "", 1, "machine.host_name", "is missing"),
        ('"ntp.example.org"', '"127.0.0.1"', 8, "machine.ntp[0]", "is a loopback address"),
        ('"ntp.example.org"', '"192.0.2.123"', 8, "machine.ntp[1]", "192.0.2.123 is there twice"),
        ('"192.0.2.123"', '"192.0.2.255"', 8, "machine.ntp[1]", "is the broadcast address of the network"),
        ('"192.0.2.123"', '"192.0.2.11"', 8, "machine.ntp[1]", "192.0.2.11 is this machine's own address"),
        ('"S2"', '" "', 13, "disks.wipe[0]", "is empty: a serial number or WWN is expected"),
        ("size > 200G and not removable", "serial == 'S1", 12, "disks.bricks[0]", "a quote opens here"),
        ('["size > 200G and not removable"]', """['serial == "S1"']""", 12, "disks.bricks[0]", "says the system disk"),
        ('"eno2"', '"52:54:00:00:00:01"', 16, "network.nics[1]", "52:54:00:00:00:01 is there twice"),
        ('"eno2"', '"5254.0000.0001"', 16, "network.nics[1]", "has to be written with colons: 52:54:00:00:00:01"),
        ('"eno2"', '"01:00:5e:00:00:01"', 16, "network.nics[1]", "is a multicast address, which no NIC has"),
        ('"eno2"', '"lo"', 16, "network.nics[1]", "is the loopback interface and no NIC"),
        (', "eno2"', "", 17, "network.bond", "802.3ad is the mode of a bond, and there is one NIC only"),
        ('"802.3ad"', '"lacp"', 17, "network.bond", '"lacp" has to be one of balance-rr, active-backup'),
        ('["52:54:00:00:00:01", "eno2"]', "[]", 16, "network.nics", "names no NIC: at least one is needed"),
        ("vlan = 100", "vlan = 0", 18, "network.vlan", "0 has to be 1 to 4094"),
        ("vlan = 100", "vlan = true", 18, "network.vlan", "true has to be a whole number"),
        ("9000", "100", 19, "network.mtu", "100 has to be 576 to 9216"),
        ("9000", "1000", 19, "network.mtu", "1000 is less than the 1280 that IPv6 needs"),
        ('ipv4 = "static"', 'ipv4 = "auto"', 20, "network.ipv4", "is for ipv6"),
        ('ipv4 = "static"', 'ipv4 = "stat"', 20, "network.ipv4", '"stat" has to be one of off, dhcp, static, auto'),
        ('address = "192.0.2.11/24"', "", 15, "network.address", 'is needed with ipv4 = "static"'),
        ("192.0.2.11/24", "192.0.2.11", 21, "network.address", "with its prefix length"),
        ("192.0.2.11/24", "192.0.2.0/24", 21, "network.address", "is the address of the network 192.0.2.0/24 itself"),
        ("192.0.2.11/24", "192.0.2.255/24", 21, "network.address", "is the broadcast address"),
        ("192.0.2.11/24", "127.0.0.1/8", 21, "network.address", "is a loopback address"),
        ("192.0.2.11/24", "224.0.0.1/24", 21, "network.address", "is a multicast address"),
        ("192.0.2.11/24", "192.0.2.11/32", 21, "network.address", "no room for a second machine"),
        ('"192.0.2.1"', '"198.51.100.1"', 22, "network.gateway", "is not in the network 192.0.2.0/24"),
        ('"192.0.2.1"', '"192.0.2.11"', 22, "network.gateway", "192.0.2.11 is this machine's own address"),
        ('"192.0.2.1"', '"192.0.2.255"', 22, "network.gateway", "is the broadcast address"),
        ('"192.0.2.1"', '"192.0.2.0"', 22, "network.gateway", "is the address of the network"),
        ('"192.0.2.1"', '"fe80::1"', 22, "network.gateway", "is an IPv6 address"),
        ('ipv6 = "auto"', "", 26, "network.dns[1]", "2001:db8::53 could not be reached: ipv6 is off"),
        ("2001:db8::53", "192.0.2.11", 26, "network.dns[1]", "and no name server runs there"),
        ('search = ["', 'searches = ["', 28, "network.searches", "did you mean search?"),
        ('"example.org"]', '"192.0.2.1"]', 28, "network.search[0]", "is an address and no domain"),
        ("[role]", "[rolle]", 30, "rolle", "is not known here; did you mean role?"),
        ('kind = "join"', 'kind = "joins"', 31, "role.kind", '"joins" has to be one of first, join, later'),
        ('engine = "engine.example.org"', "", 30, "role.engine", 'is needed with kind = "join"'),
        ('"engine.example.org"', '"192.0.2.11"', 32, "role.engine", "is this machine's own address"),
        ('"engine.example.org"', '"node1.example.org"', 32, "role.engine", "is this node's own name"),
        (
            FINGERPRINT_LINE,
            f'{FINGERPRINT_LINE}\njoin_code = "hunter2"',
            34,
            "role.join_code",
            "has to be 5 groups of 4",
        ),
        (FINGERPRINT_LINE, f'join_code = "{CODE}"', 33, "role.join_code", "needs role.fingerprint"),
        ("lusab-babad", "lusab", 33, "role.fingerprint", "has to be the engine's four words"),
        ("lusab-babad", "lusab-babax", 33, "role.fingerprint", "has to be the engine's four words"),
    ],
)
def test_one_mistake(before: str, after: str, line: int, path: str, sentence: str) -> None:
    found = only_wrong(before, after)
    assert (found[0], found[1]) == (line, path)
    assert sentence in found[2]


def test_a_join_code_is_in_no_sentence() -> None:
    (found,) = wrong(TEXT.replace(FINGERPRINT_LINE, f'join_code = "{CODE}"'))
    assert CODE not in found.sentence
    text = TEXT.replace('kind = "join"', 'kind = "later"').replace(
        FINGERPRINT_LINE, f'{FINGERPRINT_LINE}\njoin_code = "{CODE}"'
    )
    found = next(one for one in wrong(text) if one.path == "role.join_code")
    assert found.sentence.startswith("counts only")


STATIC = 'ipv6 = "static"\naddress6 = "2001:db8::11/64"\ngateway6 = "fe80::1"'


@pytest.mark.parametrize(
    ("before", "after", "path", "sentence"),
    [
        ("2001:db8::11/64", "fe80::11/64", "network.address6", "is a link-local address"),
        ("2001:db8::11/64", "2001:db8::11/128", "network.address6", "no other machine"),
        ("2001:db8::11/64", "192.0.2.11/24", "network.address6", "it belongs to address"),
        ("fe80::1", "2001:db9::1", "network.gateway6", "is not in the network 2001:db8::/64"),
        ("fe80::1", "fe80::1%eno1", "network.gateway6", "is no address: write it like fe80::1"),
        ("fe80::1", "ff02::1", "network.gateway6", "is a multicast address"),
        ('ipv6 = "static"', 'ipv6 = "dhcp"', "network.address6", '2001:db8::11/64 counts only with ipv6 = "static"'),
    ],
)
def test_ipv6(before: str, after: str, path: str, sentence: str) -> None:
    text = TEXT.replace('ipv6 = "auto"', STATIC)
    read(text)
    first = wrong(text.replace(before, after))[0]
    assert first.path == path
    assert sentence in first.sentence


def test_nothing_follows_from_what_is_wrong_by_itself() -> None:
    only_wrong('ipv6 = "auto"', 'ipv6 = "autos"')
    only_wrong('gateway = "192.0.2.1"\n', 'gateway = "192.0.2"\n', TEXT.replace("192.0.2.53", "198.51.100.53"))


def test_no_address_at_all() -> None:
    text = '[machine]\nhost_name = "n"\n[disks]\nsystem = "size > 0"\n[network]\nnics = ["eno1"]\nipv4 = "off"\n'
    assert only_wrong("size > 0", "size > 1", text)[2] == "off, with ipv6 off too: the machine would have no address"
    read(text + 'ipv6 = "auto"\n')
    assert "the nodes of a site have IPv4" in wrong(text + 'ipv6 = "auto"\n[role]\nkind = "first"\n')[0].sentence


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('password = "hunter2"', "has to have 8 characters or more"),
        ('password = "hunter2\\u0007hunter2"', "holds ends of line or other control characters"),
        ('password = ["hunter2hunter2"]', "has to be text"),
        ('password_hash = "hunter2hunter2"', "is no hash as crypt(5) has it"),
        ('password_hash = "$1$hunter2$abcdefghijklmnopqrstuv"', "is guessed in no time"),
        ('password_hash = "!$y$hunter2"', "is a locked one"),
        ('password_hash = "$y$j9T$hunter2"', "is no whole hash"),
        ('ssh_keys = ["-----BEGIN OPENSSH PRIVATE KEY-----hunter2"]', "is a private key"),
        ('ssh_keys = ["ssh-rsa hunter2="]', "is cut off or changed"),
        ('ssh_keys = ["ssh-ed25519 AAAAhunter2\\nssh-ed25519 AAAA"]', "holds an end of line"),
        ('ssh_keys = ["ssh-dss AAAAhunter2"]', "is a DSA key"),
        ('ssh_keys = ["hunter2"]', "is no public SSH key"),
    ],
)
def test_secrets_are_never_shown(line: str, sentence: str) -> None:
    (one,) = wrong(f'[machine]\nhost_name = "n"\n{line}\n[disks]\nsystem = "size > 0"\n[network]\nnics = ["eno1"]\n')
    assert (one.line, one.path.partition("[")[0]) == (3, f"machine.{line.partition(' ')[0]}")
    assert sentence in one.sentence
    assert "hunter2" not in str(one)


def test_a_password_in_both_forms() -> None:
    line, path, sentence = only_wrong("[disks]", 'password = "correct horse"\n[disks]')
    assert (line, path) == (10, "machine.password")
    assert "correct" not in sentence


@pytest.mark.parametrize(
    ("text", "line"),
    [("a = \n", 1), ("[machine]\nhost_name = 'x\n", 2), ("a = 1\na = 2", 2), ('x = "\\q"', 1), ("[" * 5000, 1)],
)
def test_what_is_not_toml_is_named_with_its_line(text: str, line: int) -> None:
    (one,) = wrong(text)
    assert one.sentence.startswith("is not TOML: ")
    assert one.line == line


@given(st.dictionaries(st.integers(0, 20), st.sampled_from(["", "# [x] = {", "\t", "#"]), max_size=6))
def test_a_line_is_that_of_the_text(extra: dict[int, str]) -> None:
    """Wherever lines that say nothing are put in between."""
    lines = TEXT.replace("192.0.2.53", "192.0.2.0").replace("vlan = 100", "vlan = 5000").splitlines()
    for at, line in extra.items():
        lines.insert(at, line)
    numbers = {line.strip(): number for number, line in enumerate(lines, 1)}
    assert [one.line for one in wrong("\r\n".join(lines))] == [numbers["vlan = 5000"], numbers['"192.0.2.0",']]


def test_values_in_every_form_of_toml_have_their_lines() -> None:
    text = """machine = { host_name = 'node1', "ntp" = ["a.org",
  "127.0.0.1"] }
disks.system = '''
serial == "S1"'''
"disks".'wipe' = [
  # none
]
network . nics = ["eno1", ["eno2"]]  # ]
network.\"vlan\" = 5_000
network.since = 2026-11-30 11:00:00
[role]
kind = "later"
[[more]]
[[more]]
a = 1
[more.of]
"""
    assert [(one.line, one.path) for one in wrong(text)] == [
        (2, "machine.ntp[1]"),
        (8, "network.nics[1]"),
        (9, "network.vlan"),
        (10, "network.since"),
        (13, "more"),
    ]


def test_deep_and_long_texts_are_refused() -> None:
    assert "nested too deeply" in wrong("a = " + "[" * 50_000)[0].sentence
    assert "far too long" in wrong("#" * 2_000_000)[0].sentence
    assert "beyond all bounds" in str(wrong(f"[network]\nvlan = 0x{'f' * 5000}\n"))


def test_a_document_with_gaps_is_asked_while_it_is_filled() -> None:
    assert mistakes({"network": {"vlan": 5000}}) == (("network.vlan", "5000 has to be 1 to 4094"),)
    assert mistakes({"machine": {"host_name": "node1"}, "network": {"ipv4": "dhcp"}}) == ()
    with pytest.raises(AnswersWrong) as caught:
        from_document({"machine": {"host_name": "node1"}})
    assert [one.path for one in caught.value.mistakes] == ["disks", "network"]
    assert {one.line for one in caught.value.mistakes} == {None}


ODD: st.SearchStrategy[Any] = st.one_of(
    st.text(max_size=20), st.booleans(), st.floats(), st.integers(), st.dates(), st.lists(st.text(), max_size=3)
)
PLACES = [f"{t}.{f}" for t in Answers.__struct_fields__ for f in Answers.__annotations__[t].__struct_fields__]


@given(st.dictionaries(st.sampled_from(PLACES), ODD, max_size=8))
def test_any_values_are_refused_in_sentences(values: dict[str, Any]) -> None:
    document: dict[str, dict[str, Any]] = {}
    for place, value in values.items():
        table, _, field = place.partition(".")
        document.setdefault(table, {})[field] = value
    with pytest.raises(AnswersWrong) as caught:
        from_document(document)
    assert all(one.path and one.sentence for one in caught.value.mistakes)
    assert str(caught.value).isprintable()


@given(st.text(max_size=200))
def test_any_text_is_refused_in_sentences(text: str) -> None:
    wrong(text)
    wrong(f"{json.dumps(text)} = 1")


@given(st.integers(0, len(TEXT)), st.integers(0, 12), st.text("[]{}\"'=,.#\\\n\r\t\x00 a1", max_size=6))
def test_any_damage_is_read_or_refused_with_its_line(at: int, length: int, instead: str) -> None:
    text = TEXT[:at] + instead + TEXT[at + length :]
    found: tuple[Remark, ...] = ()
    try:
        read_with_warnings(text, hash_password=str)
    except AnswersWrong as err:
        found = err.mistakes
    assert all(one.line is None or 1 <= one.line <= text.count("\n") + 1 for one in found)
