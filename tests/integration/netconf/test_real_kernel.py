"""Backends held to the contract on a kernel of Debian's, in an emulated machine: all layouts in one run of it."""

from collections.abc import Mapping
from concurrent.futures import Future

import pytest

from tests.integration.netconf.cases import COMMAND_LINE, IN_GUEST, WITH_KERNEL


@pytest.mark.timeout(900)  # the first one waits for the guest
@pytest.mark.parametrize("name", IN_GUEST)
def test_a_layout(guest: "Future[Mapping[str, str]]", name: str) -> None:
    wrong = guest.result()[name]
    assert not wrong, wrong


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", IN_GUEST)
def test_a_layout_with_the_kernel_alone(guest: "Future[Mapping[str, str]]", name: str) -> None:
    wrong = guest.result()[f"{WITH_KERNEL} {name}"]
    assert not wrong, wrong


@pytest.mark.timeout(900)
def test_what_the_command_line_shows_can_be_wished_for(guest: "Future[Mapping[str, str]]") -> None:
    wrong = guest.result()[COMMAND_LINE]
    assert not wrong, wrong
