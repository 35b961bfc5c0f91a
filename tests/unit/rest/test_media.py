"""The codec's own rules: JSON's habits, links and actions, what is refused, and what cannot be smuggled in."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from hosted_engine.rest.media.json_read import JsonReader
from hosted_engine.rest.media.json_write import JsonWriter
from hosted_engine.rest.media.wire import LINKS, SERVICE
from hosted_engine.rest.media.xml_read import XmlReader
from hosted_engine.rest.media.xml_write import XmlWriter
from hosted_engine.rest.problems import Malformed
from hosted_engine.rest.schema import schema
from tests.unit.rest.objects import Maker

SCHEMA = schema()
XML, FROM_XML, JSON, FROM_JSON = XmlWriter(SCHEMA), XmlReader(SCHEMA), JsonWriter(SCHEMA), JsonReader(SCHEMA)
VM = "/ovirt-engine/api/vms/1"


def test_json_reads_what_json_wrote_of_every_type() -> None:
    for type_name in SCHEMA.type_names:
        value = Maker(SCHEMA, type_name).object(type_name)
        assert (type_name, FROM_JSON.one(JSON.one(value, type_name), type_name)) == (type_name, value)


@given(st.text())
def test_any_text_arrives_without_what_xml_cannot_hold(name: str) -> None:
    read = FROM_XML.one(XML.one({"name": name}, "Vm"), "Vm")["name"]
    held = [
        c for c in name if c in "\t\n\r" or (c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff")
    ]
    assert read == "".join(held)


def test_json_has_ovirts_habits() -> None:
    value = {
        "memory": 1073741824,
        "stateless": False,
        "creation_time": datetime(2026, 11, 20, tzinfo=UTC),
        "os": {"boot": {"devices": ["hd", "network"]}},
        "description": None,
        "nics": [{"id": "2"}],
    }
    assert json.loads(JSON.one(value, "Vm")) == {
        "memory": "1073741824",
        "stateless": "false",
        "creation_time": 1795132800000,
        "os": {"boot": {"devices": {"device": ["hd", "network"]}}},
        "nics": {"nic": [{"id": "2"}]},
    }
    assert json.loads(JSON.many([{"id": "1"}], "Vm")) == {"vm": [{"id": "1"}]}


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ({"memory": 5, "stateless": True}, {"memory": 5, "stateless": True}),
        ({"memory": "5", "stateless": "TRUE"}, {"memory": 5, "stateless": True}),
        ({"os": {"boot": {"devices": ["hd"]}}}, {"os": {"boot": {"devices": ["hd"]}}}),
        ({"os": {"boot": {"devices": {"device": "hd"}}}}, {"os": {"boot": {"devices": ["hd"]}}}),
        ({"creation_time": "2026-11-20T00:00:00Z"}, {"creation_time": datetime(2026, 11, 20, tzinfo=UTC)}),
        ({"name": None, "nothing_we_know": 3}, {}),
    ],
)
def test_json_takes_the_plain_forms_too(body: dict[str, Any], value: dict[str, Any]) -> None:
    assert FROM_JSON.one(json.dumps(body).encode(), "Vm") == value


def test_links_and_actions_stand_where_the_schema_says() -> None:
    root = etree.fromstring(XML.one({"id": "1", "href": VM, "name": "a", SERVICE: "Vm"}, "Vm"))
    assert {link.get("rel"): link.get("href") for link in root.findall("link")}[
        "diskattachments"
    ] == f"{VM}/diskattachments"
    assert f"{VM}/start" in [link.get("href") for link in root.findall("actions/link")]
    raw = json.loads(JSON.one({"id": "1", "href": VM, SERVICE: "Vm"}, "Vm"))
    assert {"rel": "nics", "href": f"{VM}/nics"} in raw["link"]
    assert {"rel": "stop", "href": f"{VM}/stop"} in raw["actions"]["link"]


def test_what_is_held_is_not_linked() -> None:
    root = etree.fromstring(XML.one({"href": VM, "nics": [{"id": "2"}], SERVICE: "Vm"}, "Vm"))
    rels = [link.get("rel") for link in root.findall("link")]
    assert "nics" not in rels
    assert "diskattachments" in rels
    assert root.find("nics/nic") is not None


def test_further_links_are_written() -> None:
    assert b'<link href="/x?a={b}&amp;c" rel="vms/search"/>' in XML.one({LINKS: [("vms/search", "/x?a={b}&c")]}, "Api")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<vm>",
        b"not xml",
        b"<host/>",
        b"\xff\xfe",
        b'<!DOCTYPE vm SYSTEM "file:///etc/passwd"><vm/>',
        b'<!DOCTYPE vm [<!ENTITY x SYSTEM "file:///etc/passwd">]><vm><name>&x;</name></vm>',
        b'<!DOCTYPE vm [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><vm><name>&b;</name></vm>',
        b"<vm>" + b"<os>" * 5000 + b"</os>" * 5000 + b"</vm>",
    ],
)
def test_a_document_that_cannot_be_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        FROM_XML.one(body, "Vm")


def test_an_empty_element_says_nothing_unless_it_is_a_string() -> None:
    assert FROM_XML.one(b"<vm><memory/><description/><os/></vm>", "Vm") == {"description": "", "os": {}}


def test_unknown_elements_and_comments_are_left_out() -> None:
    assert FROM_XML.one(b"<vm><!-- x --><new>1</new><?pi?><name>a</name></vm>", "Vm") == {"name": "a"}
