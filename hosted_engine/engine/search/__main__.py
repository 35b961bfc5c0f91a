"""`python -m hosted_engine.engine.search`: how many of oVirt's search fields are there, and which are not."""

from collections.abc import Sequence
from dataclasses import dataclass

import click

from hosted_engine.engine.entities import ENTITIES
from hosted_engine.engine.search.known import KNOWN
from hosted_engine.engine.search.vocabulary import relation_of, vocabulary_of

SUBJECTS = (
    *("Vm", "Host", "Cluster", "DataCenter", "StorageDomain", "Disk", "Network", "Template", "User", "Event", "Job"),
    *("VnicProfile", "VmPool", "Nic"),
)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of one type: how many fields oVirt knows, and the fields and relations that are not there yet."""

    type: str
    known: int
    fields: tuple[str, ...]
    relations: tuple[str, ...]


def coverage() -> Sequence[Coverage]:
    """Where several entities have the same type, the one with a collection of its own counts."""
    by_type = {entity.type: entity for entity in sorted(ENTITIES, key=lambda entity: bool(entity.path))}
    found = []
    for name in SUBJECTS:
        known, entity = KNOWN[name], by_type.get(name)
        words = vocabulary_of(entity) if entity else {}
        related = (r for r in known.relations if entity is None or relation_of(entity, r) is None)
        fields = tuple(field for field in known.fields if field not in words)
        found.append(Coverage(name, len(known.fields), fields, tuple(related)))
    return found


def main() -> None:
    found = coverage()
    for one in found:
        there = one.known - len(one.fields)
        click.echo(" ".join((f"{one.type:<14} {there:>3} of {one.known:<3}", *one.fields, *_dotted(one.relations))))
    known, missing = sum(one.known for one in found), sum(len(one.fields) for one in found)
    click.echo(f"{known - missing} of {known} fields are there; the others are refused by name")


def _dotted(relations: Sequence[str]) -> Sequence[str]:
    return [f"{name}." for name in relations]


if __name__ == "__main__":
    main()
