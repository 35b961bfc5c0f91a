"""The SDK's own readers and writers are the judges of the codec, for every type of the schema."""

import enum
from typing import Any

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4.reader import Reader
from ovirtsdk4.writer import Writer

from hosted_engine.rest.media.xml_read import XmlReader
from hosted_engine.rest.media.xml_write import XmlWriter
from hosted_engine.rest.schema import schema
from tests.unit.rest.objects import Maker

SCHEMA = schema()
READER, WRITER = XmlReader(SCHEMA), XmlWriter(SCHEMA)
OBJECTS = 4


def seen_by_sdk(value: Any) -> Any:
    """An object of the SDK as a wire object."""
    if isinstance(value, sdk.Struct):
        fields = {name.strip("_"): seen_by_sdk(field) for name, field in vars(value).items()}
        return {name: field for name, field in fields.items() if field not in (None, [])}
    if isinstance(value, list):
        return [seen_by_sdk(item) for item in value]
    return value.value if isinstance(value, enum.Enum) else value


def known_to_sdk(value: Any) -> Any:
    """The wire object without what the SDK cannot tell from nothing."""
    if isinstance(value, dict):
        return {name: known_to_sdk(field) for name, field in value.items() if not name.startswith("@")}
    return [known_to_sdk(item) for item in value] if isinstance(value, list) else value


def test_every_type_of_the_sdk_is_known_with_all_its_attributes() -> None:
    missing = []
    for name, kind in vars(sdk.types).items():
        if isinstance(kind, type) and issubclass(kind, sdk.Struct) and kind is not sdk.Struct:
            ours = SCHEMA.type({k.lower(): k for k in SCHEMA.type_names}[name.lower()]).attributes
            theirs = {field.strip("_") for field in vars(kind()) if field != "_href"}
            missing += [f"{name}.{field}" for field in theirs - set(ours)]
    assert missing == []


def test_every_enum_has_the_values_of_the_sdk() -> None:
    theirs = {n: k for n, k in vars(sdk.types).items() if isinstance(k, type) and issubclass(k, enum.Enum)}
    ours = {name: set(values) for name, values in SCHEMA.enums.items()}
    assert {name: {v.value for v in kind} for name, kind in theirs.items() if kind is not enum.Enum} == ours


@pytest.mark.parametrize("type_name", SCHEMA.type_names)
def test_the_sdk_reads_what_we_write(type_name: str) -> None:
    for number in range(OBJECTS):
        value = Maker(SCHEMA, f"{type_name}{number}").object(type_name)
        assert seen_by_sdk(Reader.read(WRITER.one(value, type_name))) == known_to_sdk(value)


@pytest.mark.parametrize("type_name", SCHEMA.type_names)
def test_the_sdk_reads_a_list_of_what_we_write(type_name: str) -> None:
    values = [Maker(SCHEMA, f"{type_name}{number}").object(type_name) for number in range(3)]
    assert seen_by_sdk(Reader.read(WRITER.many(values, type_name))) == known_to_sdk(values)


@pytest.mark.parametrize("type_name", SCHEMA.type_names)
def test_we_read_what_the_sdk_writes(type_name: str) -> None:
    for number in range(OBJECTS):
        value = Reader.read(WRITER.one(Maker(SCHEMA, f"{type_name}{number}").object(type_name), type_name))
        written: str = Writer.write(value, root=SCHEMA.type(type_name).tag)
        assert READER.one(written.encode(), type_name) == seen_by_sdk(value)
