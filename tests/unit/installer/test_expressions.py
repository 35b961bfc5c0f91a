"""Disks said by what they are: what an expression matches, and where a bad one goes wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installer.expressions import BadExpression, matching, parse, why_not_expression
from installer.sysinfo import Disk

SSD = Disk(
    path="/dev/nvme0n1",
    size_bytes=480_103_981_056,
    serial="S1",
    wwn="eui.0025385b21404321",
    model="Samsung SSD 980",
    transport="nvme",
)
HDD = Disk(
    path="/dev/sda",
    size_bytes=2_000_398_934_016,
    serial="WD-WCC4",
    wwn="0x50014ee2b1234567",
    model="WDC WD2000",
    transport="sata",
    rotational=True,
    sector_bytes=4096,
)
STICK = Disk(path="/dev/sdb", size_bytes=16_000_000_000, model="Ultra", transport="usb", removable=True)
DISKS = (SSD, HDD, STICK)


@pytest.mark.parametrize(
    ("expression", "disks"),
    [
        ('serial == "S1"', [SSD]),
        ("serial == 's1'", [SSD]),
        ('serial != "S1"', [HDD, STICK]),
        ('serial == ""', [STICK]),
        ('wwn == "0x50014EE2B1234567"', [HDD]),
        ("size > 200G and not removable", [SSD, HDD]),
        ("size>200G and not(removable or rotational)", [SSD]),
        ("size > 1.8T", [HDD]),
        ("size > 1.8TiB", [HDD]),
        ("size >= 2T", [HDD]),
        ("size >= 2TiB", []),
        ("size < 16GB", []),
        ("size <= 16gb", [STICK]),
        ("size == 480103981056", [SSD]),
        ("size != 16000000k", [SSD, HDD]),
        ("sector == 4KiB", [HDD]),
        ("rotational", [HDD]),
        ("not not rotational", [HDD]),
        ('model contains "wd2"', [HDD]),
        ('model =~ "samsung*9?0"', [SSD]),
        ('model =~ "samsung"', []),
        ('name =~ "sd?"', [HDD, STICK]),
        ('name =~ "*"', [SSD, HDD, STICK]),
        ('transport == "nvme" or transport == "sata" and rotational', [SSD, HDD]),
        ('(transport == "nvme" or transport == "sata") and rotational', [HDD]),
        ('model == "and" or model contains "ultra"', [STICK]),
        ("  \n size\t>\n0 ", [SSD, HDD, STICK]),
    ],
)
def test_what_an_expression_matches(expression: str, disks: list[Disk]) -> None:
    assert list(matching(expression, DISKS)) == disks


def test_the_medium_and_read_only_disks_are_never_matched() -> None:
    medium = Disk(path="/dev/sr0", size_bytes=1, medium=True)
    locked = Disk(path="/dev/sdc", size_bytes=1, read_only=True)
    assert matching("size > 0", (medium, locked, SSD)) == (SSD,)


@pytest.mark.parametrize(
    ("expression", "position", "reason"),
    [
        ("", 1, "one of serial, wwn,"),
        ("serial", 7, "one of == != =~ contains has to follow serial"),
        ("serial =", 8, "equal is written =="),
        ("serial == ", 11, "serial is compared with text in quotes"),
        ("serial == S1", 11, "serial is compared with text in quotes"),
        ('serial == "S1', 11, "a quote opens here and is not closed"),
        ("size > viel", 8, "size is compared with a number such as 512, 200G or 1.8TiB"),
        ("size > 200X", 8, "size is compared with a number"),
        ("size > 1.2.3G", 8, "size is compared with a number"),
        ("size > 200i", 8, "200i has no unit such as GiB"),
        ('size > "200G"', 8, "size is compared with a number"),
        ("size > -1", 8, "'-' is not known here"),
        ("model < 3", 7, "one of == != =~ contains has to follow model"),
        ('size contains "2"', 6, "one of == != < > <= >= has to follow size"),
        ("removable == 1", 11, "`and`, `or` or the end is expected, and here is =="),
        ("removable and", 14, "one of serial, wwn, model, transport, name, size, sector, removable, rotational"),
        ("removable removable", 11, "`and`, `or` or the end is expected, and here is removable"),
        ("(removable", 11, "the parenthesis of character 1 is not closed"),
        ("removable)", 10, "`and`, `or` or the end is expected, and here is )"),
        ("colour == 'red'", 1, "is expected, and here is colour"),
        ("not", 4, "nothing follows"),
        ("size > 1 & removable", 10, "'&' is not known here"),
        ("größe > 1", 3, "'\\xf6' is not known here"),
        ("(" * 60 + "removable", 51, "more than 50 `not` and parentheses"),
        ("not " * 60 + "removable", 201, "more than 50 `not` and parentheses"),
        ("removable or " * 100, 1001, "it is longer than 1000 characters"),
    ],
)
def test_where_a_bad_expression_goes_wrong(expression: str, position: int, reason: str) -> None:
    with pytest.raises(BadExpression) as caught:
        matching(expression, DISKS)
    assert (caught.value.position, reason in caught.value.reason) == (position, True), caught.value.reason
    assert f"at character {position}: " in (why_not_expression(expression) or "")


TOKENS = [
    "size",
    "serial",
    "removable",
    "and",
    "or",
    "not",
    "(",
    ")",
    "==",
    "<",
    "=~",
    "contains",
    "'S1'",
    '"*"',
    "200G",
]


@given(st.lists(st.sampled_from(TOKENS), max_size=60).map(" ".join) | st.text(max_size=80))
def test_any_text_is_an_expression_or_is_refused_at_a_place_in_it(text: str) -> None:
    try:
        condition = parse(text)
    except BadExpression as err:
        refused = err
    else:
        assert {condition(disk) for disk in DISKS} <= {True, False}
        return
    assert 1 <= refused.position <= len(text) + 1
    assert str(refused).isprintable()


FACTORS = st.sampled_from(["removable", "rotational", "size > 200G", 'serial == "S1"', 'transport =~ "s*"'])
TREES = st.recursive(
    FACTORS,
    lambda inner: st.one_of(
        inner.map("not ({})".format),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map("({0[0]}) {0[1]} ({0[2]})".format),
    ),
    max_leaves=8,
)


@given(TREES, st.sampled_from(DISKS))
def test_it_means_what_python_means(text: str, disk: Disk) -> None:
    meaning = {
        "size > 200G": str(disk.size_bytes > 200e9),
        'serial == "S1"': str(disk.serial == "S1"),
        'transport =~ "s*"': str(disk.transport.startswith("s")),
        "removable": str(disk.removable),
        "rotational": str(disk.rotational),
    }
    python = text
    for factor, value in meaning.items():
        python = python.replace(factor, value)
    assert parse(text)(disk) is eval(python)


def test_the_longest_patterns_come_to_an_end() -> None:
    disk = Disk(path="/dev/sda", size_bytes=1, model="a" * 256)
    for expression in (f'model =~ "{"a*" * 490}b"', "not " * 40 + "rotational or " * 50 + "removable"):
        assert matching(expression, [disk] * 100) == ()
