"""The observer on Debian's kernel, in an emulated machine: bonds, which the kernel of this one may not have."""

from collections.abc import Mapping

import pytest

from tests.integration.netconf.guest_machine import run_guest

pytestmark = pytest.mark.long
SCENARIOS = ("lacp_with_a_partner", "a_port_takes_over")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    return run_guest(tmp_path_factory.mktemp("guest"), SCENARIOS, program="inside_watch")


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", SCENARIOS)
def test_bonds_are_followed(results: Mapping[str, str], name: str) -> None:
    wrong = results[name]
    assert not wrong, wrong
