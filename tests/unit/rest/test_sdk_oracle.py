"""The SDK's own readers and writers are the judges of the codec, for every type of the schema."""

import enum
from typing import Any

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4.reader import Reader
from ovirtsdk4.writer import Writer

from hosted_engine.rest.media.wire import Wire
from hosted_engine.rest.media.xml_read import XmlReader
from hosted_engine.rest.media.xml_write import XmlWriter
from hosted_engine.rest.schema import schema
from tests.unit.rest.objects import Maker

SCHEMA = schema()
READER, WRITER = XmlReader(SCHEMA), XmlWriter(SCHEMA)
OBJECTS = 3
GROUPS = [SCHEMA.type_names[start : start + 20] for start in range(0, len(SCHEMA.type_names), 20)]


def read_by_sdk(value: Any) -> Any:
    """An object of the SDK as a wire object."""
    if isinstance(value, sdk.Struct):
        fields = {name.strip("_"): read_by_sdk(field) for name, field in vars(value).items()}
        return {name: field for name, field in fields.items() if field not in (None, [])}
    if isinstance(value, list):
        return [read_by_sdk(item) for item in value]
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


@pytest.fixture(params=range(len(GROUPS)), ids=[f"{group[0]}…" for group in GROUPS])
def samples(request: pytest.FixtureRequest) -> list[tuple[str, Wire]]:
    """Objects of every type, in groups: a test each would take most of its time to begin."""
    names = GROUPS[request.param]
    return [(name, Maker(SCHEMA, f"{name}{number}").object(name)) for name in names for number in range(OBJECTS)]


def test_the_sdk_reads_what_we_write(samples: list[tuple[str, Wire]]) -> None:
    for name, value in samples:
        assert (name, read_by_sdk(Reader.read(WRITER.one(value, name)))) == (name, known_to_sdk(value))


def test_the_sdk_reads_a_list_of_what_we_write(samples: list[tuple[str, Wire]]) -> None:
    for name, value in samples:
        document = WRITER.many([value, value], name)
        assert (name, read_by_sdk(Reader.read(document))) == (name, known_to_sdk([value, value]))


def test_we_read_what_the_sdk_writes(samples: list[tuple[str, Wire]]) -> None:
    for name, sample in samples:
        value = Reader.read(WRITER.one(sample, name))
        written: str = Writer.write(value, root=SCHEMA.type(name).tag)
        assert (name, READER.one(written.encode(), name)) == (name, read_by_sdk(value))
