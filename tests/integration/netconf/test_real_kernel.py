"""Backends held to the contract on Debian's kernel, in emulated machines: many layouts in one run of each."""

from collections.abc import Mapping
from concurrent.futures import Future

import pytest

from tests.integration.netconf.registry import GUESTS

Results = Mapping[str, "Future[Mapping[str, str]]"]


@pytest.mark.timeout(7200)  # the first one waits for its guest
@pytest.mark.parametrize(("guest", "name"), [(guest, name) for guest, names in GUESTS.items() for name in names])
def test_a_layout(guests: Results, guest: str, name: str) -> None:
    wrong = guests[guest].result()[name]
    assert not wrong, wrong
