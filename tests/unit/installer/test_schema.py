"""The schema says what the reader holds answers to."""

from collections.abc import Iterator
from typing import Any

from installer.answers import Answers
from installer.schema import answers_schema


def fields(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, inner in schema.get("properties", {}).items():
        place = f"{path}.{name}" if path else name
        yield place, inner
        yield from fields(inner, place)


def test_every_field_is_described() -> None:
    found = dict(fields(answers_schema()))
    assert {place for place in found if "." not in place} == set(Answers.__struct_fields__)
    assert [place for place, schema in found.items() if "." in place and not schema.get("description")] == []


def test_bounds_words_and_defaults() -> None:
    found = dict(fields(answers_schema()))
    assert (found["network.vlan"]["minimum"], found["network.vlan"]["maximum"]) == (1, 4094)
    assert found["network.ipv4"]["enum"] == ["off", "dhcp", "static"]
    assert found["network.ipv4"]["default"] == "dhcp"
    assert "802.3ad" in found["network.bond"]["enum"]
    assert "default" not in found["network.bond"]
    assert found["network.dns"]["maxItems"] == 3
    assert found["network.nics"]["minItems"] == 1
    assert found["role.kind"]["enum"] == ["first", "join", "later"]
    assert answers_schema()["required"] == ["machine", "disks", "network"]
    assert found["network"]["additionalProperties"] is False
