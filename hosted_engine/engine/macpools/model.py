"""A MAC pool: ranges of addresses, of which NICs have theirs. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from hosted_engine.engine.entity.field import Field, Settable
from hosted_engine.engine.networks.macs import as_mac, as_number, good_mac
from hosted_engine.engine.problems import BadValue


class MacRange(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """Both ends belong to it."""

    from_: str = ""
    to: str = ""

    @property
    def numbers(self) -> range:
        return range(as_number(self.from_), as_number(self.to) + 1)

    def __str__(self) -> str:
        return f"{self.from_} - {self.to}"


def good_ranges(value: Any, field: str) -> tuple[MacRange, ...]:
    """In normal form. Raises BadValue for none at all, for what ends before it begins, for what holds multicast
    addresses (oVirt leaves those out without a word), and for what overlaps."""
    ranges = tuple(MacRange(good_mac(one.from_, f"{field}.from"), good_mac(one.to, f"{field}.to")) for one in value)
    if not ranges:
        raise BadValue(value="nothing", field=field, reason="a MAC pool has to have a range")
    for one in ranges:
        if not one.numbers:
            raise BadValue(value=one, field=field, reason="it ends before it begins")
        if one.from_[:2] != one.to[:2]:
            raise BadValue(value=one, field=field, reason="multicast addresses lie in it")
    for place, one in enumerate(ranges):
        if both := overlapping(ranges[place + 1 :], [one]):
            raise BadValue(value=one, field=field, reason=f"it overlaps with {both}")
    return ranges


@dataclass(frozen=True, slots=True, kw_only=True)
class MacPool:
    id: str
    name: Annotated[str, Field("name", length=40)]
    ranges: Annotated[tuple[MacRange, ...], Field("ranges", rule=good_ranges)]
    description: Annotated[str, Field("description", length=4000)] = ""
    allow_duplicates: Annotated[bool, Field("allow_duplicates")] = False
    default_pool: Annotated[bool, Field("default_pool", settable=Settable.NEVER)] = False


def overlapping(some: Sequence[MacRange], others: Sequence[MacRange]) -> MacRange | None:
    """The first of `some` that has an address of `others`."""
    for one in some:
        for other in others:
            if one.numbers.start < other.numbers.stop and other.numbers.start < one.numbers.stop:
                return one
    return None


def size(ranges: Sequence[MacRange]) -> int:
    return sum(len(one.numbers) for one in ranges)


def addresses(ranges: Sequence[MacRange], start: int) -> Iterator[str]:
    """All of them, from that place on and round."""
    skip = start
    for one in ranges:
        yield from (as_mac(number) for number in one.numbers[skip:])
        skip = max(0, skip - len(one.numbers))
    for one in ranges:
        yield from (as_mac(number) for number in one.numbers[:start])
        start = max(0, start - len(one.numbers))
