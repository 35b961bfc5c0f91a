"""Backends held to the contract on Debian's kernel, in emulated machines: many layouts in one run of each."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from typing import Any

import pytest

from tests.integration.netconf.registry import EVERY_TIME, GUESTS

Results = Mapping[str, "Future[Mapping[str, str]]"]


def layouts() -> Iterator[Any]:
    for guest, names in GUESTS.items():
        marks = () if guest == EVERY_TIME else pytest.mark.long
        yield from (pytest.param(guest, name, marks=marks) for name in names)


@pytest.mark.timeout(7200)  # the first one waits for its guest
@pytest.mark.parametrize(("guest", "name"), list(layouts()))
def test_a_layout(guests: Results, guest: str, name: str) -> None:
    wrong = guests[guest].result()[name]
    assert not wrong, wrong
