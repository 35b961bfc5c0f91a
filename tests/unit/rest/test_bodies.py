"""What is wrong with a body is told by the path of its element and with what is allowed, in XML and JSON alike."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hosted_engine.rest.media.checks import check_body
from hosted_engine.rest.media.json_read import JsonReader
from hosted_engine.rest.media.json_write import JsonWriter
from hosted_engine.rest.media.wire import Wire
from hosted_engine.rest.media.xml_read import XmlReader
from hosted_engine.rest.media.xml_write import XmlWriter
from hosted_engine.rest.problems import ApiRefused, BadCharacter, BadValue, Malformed
from hosted_engine.rest.schema import Schema, Type, schema
from tests.unit.rest.objects import Maker

SCHEMA = schema()
XML, JSON = XmlReader(SCHEMA), JsonReader(SCHEMA)
UPPER, LOWER = "ABCDEF01-2345-6789-ABCD-EF0123456789", "abcdef01-2345-6789-abcd-ef0123456789"


def refusal(body: str | bytes | dict[str, Any], type_name: str = "Vm", charset: str = "") -> str:
    """The detail of the fault."""
    with pytest.raises(ApiRefused) as caught:
        read(body, type_name, charset)
    assert caught.value.text.status in (400, 415)
    return caught.value.detail


def read(body: str | bytes | dict[str, Any], type_name: str = "Vm", charset: str = "") -> Wire:
    reader = JSON if isinstance(body, dict) else XML
    text = json.dumps(body) if isinstance(body, dict) else body
    value = reader.one(text.encode() if isinstance(text, str) else text, type_name, charset=charset)
    check_body(SCHEMA, value, type_name)
    return value


@pytest.mark.parametrize(
    ("xml", "body", "message"),
    [
        (
            "<cpu><topology><cores>two</cores></topology></cpu>",
            {"cpu": {"topology": {"cores": "two"}}},
            'vm.cpu.topology.cores: "two" is no integer (a sign if need be, and 1 to 18 digits)',
        ),
        (
            "<memory>1.5</memory>",
            {"memory": 1.5},
            'vm.memory: "1.5" is no integer (a sign if need be, and 1 to 18 digits)',
        ),
        (
            f"<memory>{'9' * 400}</memory>",
            {"memory": "9" * 400},
            f'vm.memory: "{"9" * 80}…" is no integer (a sign if need be, and 1 to 18 digits)',
        ),
        ("<stateless>maybe</stateless>", {"stateless": "maybe"}, 'vm.stateless: "maybe" is neither true nor false'),
        (
            "<creation_time>today</creation_time>",
            {"creation_time": "today"},
            'vm.creation_time: "today" is no date, like 2026-11-20T08:30:00.000+01:00',
        ),
        (
            "<bios><type>bios</type></bios>",
            {"bios": {"type": "bios"}},
            'vm.bios.type: "bios" is no BiosType; allowed are cluster_default, i440fx_sea_bios, q35_sea_bios, '
            "q35_ovmf, q35_secure_boot",
        ),
        (
            "<os><boot><devices><device>hd</device><device>tape</device></devices></boot></os>",
            {"os": {"boot": {"devices": {"device": ["hd", "tape"]}}}},
            'vm.os.boot.devices.device[2]: "tape" is no BootDevice; allowed are cdrom, hd, network',
        ),
        (
            "<nics><nic/><nic><linked>x</linked></nic></nics>",
            {"nics": [{}, {"linked": "x"}]},
            'vm.nics.nic[2].linked: "x" is neither true nor false',
        ),
        (
            "<high_availability>yes</high_availability>",
            {"high_availability": "yes"},
            'vm.high_availability: "yes" stands where an object has to be; its elements are enabled, priority',
        ),
        (
            "<nics><nic>eth0</nic></nics>",
            {"nics": {"nic": "eth0"}},
            'vm.nics.nic[1]: "eth0" stands where an object has to be; its elements are ',
        ),
        ("<nics>eth0</nics>", {"nics": "eth0"}, 'vm.nics: "eth0" stands where a list of nic has to be'),
        (
            "<cluster id='a' href='/ovirt-engine/api/clusters/b'/>",
            {"cluster": {"id": "a", "href": "/ovirt-engine/api/clusters/b"}},
            'vm.cluster: its href "/ovirt-engine/api/clusters/b" and its id "a" name different objects',
        ),
        (
            "<nics><nic><mac><address>a</address></mac></nic><nic><name>" + "n" * 51 + "</name></nic></nics>",
            {"nics": {"nic": [{"mac": {"address": "a"}}, {"name": "n" * 51}]}},
            "vm.nics.nic[2].name has 51 characters and may have 50",
        ),
    ],
)
def test_the_same_words_for_xml_and_json(xml: str, body: dict[str, Any], message: str) -> None:
    assert refusal(f"<vm>{xml}</vm>").startswith(message)
    assert refusal(body).startswith(message)


@pytest.mark.parametrize(
    ("xml", "message"),
    [
        ("<vm><name><first>x</first></name></vm>", "vm.name: the element first stands where a text has to be"),
        ("<vm><memory><mib>1</mib></memory></vm>", "vm.memory: the element mib stands where an integer has to be"),
        (
            "<vm><os><boot><devices><device/></devices></boot></os></vm>",
            "vm.os.boot.devices.device[1]: nothing stands where a BootDevice has to be",
        ),
        ("<vm>text<name>x</name></vm>", 'vm: "text" stands where an object has to be; its elements are '),
        ("<vm><cpu><mode/>text</cpu></vm>", 'vm.cpu: "text" stands where an object has to be; its elements are '),
        ("<vm><name>a</name><name>b</name></vm>", "vm.name: it is there twice, and may be there once"),
        ("<vm><nics/><nics/></vm>", "vm.nics: it is there twice, and may be there once"),
        (
            "<vm><cluster id='a'><id>b</id></cluster></vm>",
            'vm.cluster.id: the attribute id "a" and the element id "b" differ',
        ),
        ("<host/>", "The element 'host' is not the expected 'vm'"),
        ("<action><vm/></action>", "The element 'action' is not the expected 'vm'"),
        ("<vm><name>a", "The document is not well-formed XML: "),
        ("", "The document is not well-formed XML: "),
    ],
)
def test_xml_that_is_put_together_wrongly(xml: str, message: str) -> None:
    assert refusal(xml).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "vm: a list stands where an object has to be; its elements are "),
        ("3", "vm: 3 stands where an object has to be; its elements are "),
        ('{"name": {}}', "vm.name: an object stands where a text has to be"),
        ('{"memory": []}', "vm.memory: a list stands where an integer has to be"),
        ('{"memory": true}', 'vm.memory: "true" is no integer'),
        ('{"os": 3}', "vm.os: 3 stands where an object has to be; its elements are "),
        ('{"creation_time": 1e300}', 'vm.creation_time: "1e300" is no date in milliseconds since 1970'),
        ('{"os": {"boot": {"devices": [null]}}}', "vm.os.boot.devices.device[1]: null stands where a BootDevice"),
        ('{"nics": {"nics": []}}', 'vm.nics: an object with "nics" stands where a list of nic has to be'),
        ('{"name": NaN}', "The document is not well-formed JSON: NaN is no number of JSON"),
        ('{"name": -Infinity}', "The document is not well-formed JSON: -Infinity is no number of JSON"),
        (
            '{"cpu": {"mode": "custom", "mode": "custom"}}',
            'The document is not well-formed JSON: "mode" is there twice in one object',
        ),
        ('{"name": "a",}', "The document is not well-formed JSON: "),
        ('{"name": "a"} {}', "The document is not well-formed JSON: Extra data: line 1 column 15"),
        ("{'name': 'a'}", "The document is not well-formed JSON: "),
        ("", "The document is not well-formed JSON: "),
        ("{", "The document is not well-formed JSON: "),
        ("[" * 10_000, "The document is not well-formed JSON: "),
    ],
)
def test_json_that_is_put_together_wrongly(text: str, message: str) -> None:
    with pytest.raises((BadValue, Malformed)) as caught:
        JSON.one(text.encode(), "Vm")
    assert caught.value.detail.startswith(message)


@pytest.mark.parametrize("number", ["NaN", "INF", "1e999", "1_0", "0x1", "1.5.2", ""])
def test_a_decimal_number_is_a_finite_one(number: str) -> None:
    if number:
        message = f'statistic.values.value[1].datum: "{number}" is no decimal number, like 1.5'
        body = f"<statistic><values><value><datum>{number}</datum></value></values></statistic>"
        assert refusal(body, "Statistic") == message
    message = f'statistic.values.value[1].datum: "{number}" is no decimal number, like 1.5'
    assert refusal({"values": {"value": [{"datum": number}]}}, "Statistic") == message


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ('{"name": 5}', {"name": "5"}),
        ('{"name": 1.50}', {"name": "1.50"}),
        ('{"memory": "5"}', {"memory": 5}),
        ('{"memory": 5}', {"memory": 5}),
        ('{"memory": 999999999999999999}', {"memory": 10**18 - 1}),
        ('{"stateless": 1}', {"stateless": True}),
        ('{"stateless": "False"}', {"stateless": False}),
    ],
)
def test_numbers_and_texts_are_taken_for_each_other(body: str, value: Wire) -> None:
    assert JSON.one(body.encode(), "Vm") == value


def test_half_a_surrogate_pair_is_no_text() -> None:
    with pytest.raises(BadCharacter, match=r"vm\.name holds the character U\+D800"):
        read({"name": "a\ud800"})
    assert refusal({"memory": "\ud800"}).startswith('vm.memory: "?" is no integer')
    unknown: list[str] = []
    JSON.one(json.dumps({"\ud800": 1}).encode(), "Vm", unknown=unknown)
    assert unknown == ["vm.?"]


def test_a_uuid_in_capital_letters_is_the_same_id() -> None:
    assert read(f"<vm id='{UPPER}'><cluster><id>{UPPER}</id></cluster></vm>") == {"id": LOWER, "cluster": {"id": LOWER}}
    assert read({"id": UPPER, "name": UPPER}) == {"id": LOWER, "name": UPPER}
    assert read(f"<vm id='{UPPER}'><id>{LOWER}</id></vm>") == {"id": LOWER}
    assert read(f"<vm id='{LOWER}' href='/ovirt-engine/api/vms/{UPPER}/;a=b?c=d'/>")["id"] == LOWER
    assert read("<vm id='ABC'/>") == {"id": "ABC"}


@given(st.sampled_from(SCHEMA.type_names), st.integers(0, 1 << 16))
def test_what_we_write_is_known_in_both_formats(type_name: str, seed: int) -> None:
    value = Maker(SCHEMA, str(seed)).object(type_name, depth=2)
    unknown: list[str] = []
    XML.one(XmlWriter(SCHEMA).one(value, type_name), type_name, unknown=unknown)
    JSON.one(JsonWriter(SCHEMA).one(value, type_name), type_name, unknown=unknown)
    assert unknown == []


TAGS = ["vm", "cpu", "nics", "nic", "os", "boot", "devices", "device", "name", "memory", "status", "id", "link", "new"]
TREES = st.recursive(
    st.sampled_from(("", "5", "true", " ", "x&amp;y", "<![CDATA[<]]>", "<!-- c -->", "<?p i?>")),
    lambda inner: st.lists(
        st.tuples(st.sampled_from(TAGS), st.sampled_from(("", " id='1'", " href='/a/1'", " new='1'")), inner),
        max_size=4,
    ).map(lambda parts: "".join(f"<{tag}{more}>{content}</{tag}>" for tag, more, content in parts)),
    max_leaves=12,
)


@given(TREES)
def test_any_xml_is_read_or_refused_with_the_path_of_an_element(content: str) -> None:
    unknown: list[str] = []
    value, refused = None, "vm"
    try:
        value = XML.one(f"<vm>{content}</vm>".encode(), "Vm", unknown=unknown)
        check_body(SCHEMA, value, "Vm")
    except ApiRefused as err:
        refused = err.detail
    assert refused.startswith("vm")
    assert all(path.startswith("vm.") for path in unknown)
    assert value is None or XML.one(XmlWriter(SCHEMA).one(value, "Vm"), "Vm") == value


def every_integer(of: Schema, kind: Type) -> list[str]:
    return [a.tag for a in kind.attributes.values() if a.type == "Integer" and not a.many and a.name != "id"]


def test_every_integer_of_every_type_is_named_when_it_is_none() -> None:
    tried = 0
    for type_name in SCHEMA.type_names:
        kind = SCHEMA.type(type_name)
        for tag in every_integer(SCHEMA, kind):
            message = f'{kind.tag}.{tag}: "two" is no integer'
            assert refusal(f"<{kind.tag}><{tag}>two</{tag}></{kind.tag}>", type_name).startswith(message)
            assert refusal({tag: "two"}, type_name).startswith(message)
            tried += 1
    assert tried > 100
