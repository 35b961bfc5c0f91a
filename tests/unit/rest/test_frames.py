"""Objects of one form are written from prepared frames, byte for byte as they would be one by one."""

import json
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hosted_engine.engine.entities import ENTITIES
from hosted_engine.engine.entity.declaration import Entity, View
from hosted_engine.rest.call import Parameters
from hosted_engine.rest.entities.showing import show
from hosted_engine.rest.media.json_write import JsonWriter
from hosted_engine.rest.media.objects import Form, Objects, Row
from hosted_engine.rest.media.xml_write import XmlWriter
from hosted_engine.rest.schema import schema
from tests.fakes.engine import World
from tests.unit.store.searches import furnish

SCHEMA = schema()
WRITERS: tuple[XmlWriter | JsonWriter, ...] = (XmlWriter(SCHEMA), JsonWriter(SCHEMA))

TEXTS = st.text(max_size=12) | st.sampled_from(
    ("", "&<>\"'\\", "\ue000", "\ue0013\ue001", "%s{0}", "\0\x08\ud800", "größe", "日本 🙂", "a\tb\nc\r", "]]>", "/x")
)
DATES = st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2100, 1, 1)).map(
    lambda d: d.replace(tzinfo=UTC)
)
REFERENCES = TEXTS.map(lambda text: {"id": text, "href": f"/api/clusters/{text}"})
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "name": TEXTS,
    "description": TEXTS,
    "memory": st.integers(0, 1 << 60),
    "stateless": st.booleans(),
    "cpu.topology.cores": st.integers(0, 9),
    "cpu.topology.threads": st.integers(0, 9),
    "os.type": TEXTS,
    "os.boot.devices": st.lists(TEXTS, max_size=3),
    "creation_time": DATES,
    "cluster": REFERENCES,
    "placement_policy.hosts": st.lists(REFERENCES, max_size=2),
}
FORM = Form({"usb.enabled": False, "os.version.full_version": "9 & <more>"}, ("id", *VALUES))
ROWS = st.tuples(TEXTS, *(st.none() | values for values in VALUES.values())).map(
    lambda values: Row(FORM, f"/api/vms/{values[0]}", values)
)


@given(st.lists(ROWS, max_size=3), st.sampled_from(("", "Vm", "VmNic")))
def test_any_values(rows: list[Row], service: str) -> None:
    objects = Objects(rows, service)
    for writer in WRITERS:
        try:
            alone = writer.many(objects.wires(), "Vm")
        except UnicodeEncodeError:
            continue  # half a surrogate pair, which no request can bring
        assert writer.many(objects, "Vm") == alone


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(f"sqlite:///{tmp_path_factory.mktemp('frames')}/engine.db")
    furnish(world)
    return world


@pytest.mark.parametrize("entity", [one for one in ENTITIES if one.places], ids=lambda entity: entity.table)
def test_every_entity(world: World, entity: Entity[Any]) -> None:
    place = entity.places[0]
    service = place.services[1]
    with world.store.transaction() as tx:
        view = View(tx, world.readings, Parameters(), place)
        (objects,) = show(view, entity, [("/api/things", tx.of(entity.model).list())])
    objects.service = service
    xml, in_json = (writer.many(objects, entity.type) for writer in WRITERS)
    for writer, written in zip(WRITERS, (xml, in_json), strict=True):
        assert written == writer.many(objects.wires(), entity.type)
    assert len(fromstring(xml)) == len(objects) == len(json.loads(in_json)[SCHEMA.type(entity.type).tag])


def test_of_two_values_for_one_place_the_later_counts() -> None:
    form = Form({"a": 1, "b.c": 2}, ("b.d", "x.y", "a", "x"))
    assert form.wire((3, 4, 5, {"z": 6})) == {"a": 5, "b": {"c": 2, "d": 3}, "x": {"z": 6}}
    assert form.wire((None, 4, None, None)) == {"b": {"c": 2}}
