"""Backends held to the contract on Debian's kernel, in emulated machines: many layouts in one run of each."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future

import pytest
from _pytest.mark import ParameterSet

from tests.integration.netconf.registry import GUESTS, MORE

Results = Mapping[str, "Future[Mapping[str, str]]"]


def _layouts() -> Iterator[ParameterSet]:
    for guest, names in GUESTS.items():
        patience = pytest.mark.timeout(7200 if guest in MORE else 2400)  # the first one waits for its guest
        yield from (pytest.param(guest, name, marks=patience) for name in names)


@pytest.mark.parametrize(("guest", "name"), list(_layouts()))
def test_a_layout(guests: Results, guest: str, name: str) -> None:
    wrong = guests[guest].result()[name]
    assert not wrong, wrong
