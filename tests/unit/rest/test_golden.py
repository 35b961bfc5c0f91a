"""What a real engine once answered: everything in it that version 4 of the API knows survives our codec."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from hosted_engine.rest.media.wire import Wire
from hosted_engine.rest.media.xml_read import XmlReader
from hosted_engine.rest.media.xml_write import XmlWriter
from hosted_engine.rest.problems import BadValue
from hosted_engine.rest.schema import schema

FOLDER = Path(__file__).parents[2] / "data" / "ovirt"
SCHEMA = schema()
READER, WRITER = XmlReader(SCHEMA), XmlWriter(SCHEMA)
LIST_TAGS = {SCHEMA.type(name).list_tag: name for name in SCHEMA.type_names}
# What version 4 spells otherwise or no longer has, by file.
VERSION_3 = {
    "api": {"/api/product_info/full_version"},
    "api_clusters": {"/cluster/cpu@id", "/cluster/required_rng_sources/source", "/cluster/scheduling_policy/policy"},
    "api_clusters_ID": {"/cluster/cpu@id", "/cluster/required_rng_sources/source", "/cluster/scheduling_policy/policy"},
    "api_datacenters": {"/data_center/status/state"},
    "api_storagedomains_ID": {"/storage_domain/external_status/state"},
    "api_storagedomains_ID_disks_ID": {"/disk/size", "/disk/status/state"},
    "api_templates": {"/template/status/state", "/template/timezone"},
    "api_vms_ID": {"/vm/status/state", "/vm/timezone"},
    "api_vms_ID_disks": {"/disk/size", "/disk/status/state"},
    "api_vms_ID_nics": {"/nic/active"},
}


def without_states(body: bytes) -> bytes:
    """Version 3 has `<status><state>up</state></status>`, where version 4 has a text and refuses elements."""
    root = etree.fromstring(body)
    for element in root.findall(".//state"):
        if (parent := element.getparent()) is not None:
            parent.remove(element)
    return etree.tostring(root)


def decoded(body: bytes) -> tuple[str, list[Wire]]:
    body = without_states(body)
    tag = etree.fromstring(body).tag
    if tag in LIST_TAGS:
        return LIST_TAGS[tag], READER.many(body, LIST_TAGS[tag])
    return SCHEMA.tags[tag], [READER.one(body, SCHEMA.tags[tag])]


def leaves(element: etree._Element, path: str = "") -> Iterator[tuple[str, str]]:
    """(path, value) of everything said, links and actions aside, values in lower case as version 4 writes its enums."""
    here = f"{path}/{element.tag}"
    for name in ("id", "href"):
        if name in element.attrib:
            yield f"{here}@{name}", str(element.attrib[name]).lower()
    if len(element) == 0 and (element.text or "").strip():
        yield here, (element.text or "").strip().lower()
    for child in element:
        if child.tag not in ("link", "actions"):
            yield from leaves(child, here)


@pytest.mark.parametrize("name", VERSION_3)
def test_all_that_version_4_knows_is_kept(name: str) -> None:
    body = (FOLDER / f"{name}.xml").read_bytes()
    type_name, values = decoded(body)
    root = etree.fromstring(body)
    theirs = {leaf for item in (root if root.tag in LIST_TAGS else [root]) for leaf in leaves(item)}
    ours = {leaf for item in etree.fromstring(WRITER.many(values, type_name)) for leaf in leaves(item)}
    assert {path for path, _ in theirs - ours} == VERSION_3[name]
    assert {path for path, _ in ours - theirs} <= {"/cluster/required_rng_sources/required_rng_source"}


@pytest.mark.parametrize("name", VERSION_3)
def test_reading_what_we_wrote_gives_the_same(name: str) -> None:
    type_name, values = decoded((FOLDER / f"{name}.xml").read_bytes())
    assert values
    assert READER.many(WRITER.many(values, type_name), type_name) == values


def test_a_value_that_version_4_does_not_have_is_refused() -> None:
    with pytest.raises(BadValue, match=r'snapshots\.snapshot\[1\]\.type: "active" is no VmType'):
        decoded((FOLDER / "api_vms_ID_snapshots.xml").read_bytes())


@pytest.mark.parametrize(
    ("name", "type_name", "element"),
    [
        ("api_vms_ID", "Vm", r"vm\.status: .*element state stands where a VmStatus has to be"),
        ("api_datacenters", "DataCenter", r"data_center\[1\]\.status: .*state stands where a DataCenterStatus"),
    ],
)
def test_elements_where_version_4_has_a_text_are_refused(name: str, type_name: str, element: str) -> None:
    body = (FOLDER / f"{name}.xml").read_bytes()
    read = READER.many if name == "api_datacenters" else READER.one
    with pytest.raises(BadValue, match=element):
        read(body, type_name)


def test_what_version_4_does_not_have_is_named() -> None:
    unknown: list[str] = []
    READER.one(without_states((FOLDER / "api_vms_ID.xml").read_bytes()), "Vm", unknown=unknown)
    topology = [f"vm.cpu.topology.@{name}" for name in ("sockets", "cores", "threads")]
    assert unknown == [*topology, "vm.os.@type", "vm.os.boot.@dev", "vm.timezone"]
