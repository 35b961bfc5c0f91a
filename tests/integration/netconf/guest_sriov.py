"""Virtual functions on a NIC that has some: Intel's 82576 as QEMU emulates it, under Debian's kernel.

Asked for by its path, not collected with the others: it takes a core for many minutes.
"""

from collections.abc import Mapping

import pytest

from tests.integration.netconf.guest_machine import SRIOV, run_guest
from tests.integration.netconf.sriov_cases import COUNTS, SCENARIOS

CASES = tuple(f"{backend} {case}" for backend in ("networkmanager", "kernel") for case in (COUNTS.name, *SCENARIOS))


@pytest.fixture(scope="module")
def went(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    return run_guest(tmp_path_factory.mktemp("guest"), CASES, program="inside_sriov", hardware=SRIOV)


@pytest.mark.timeout(3600)  # the first one waits for the guest
@pytest.mark.parametrize("name", CASES)
def test_virtual_functions(went: Mapping[str, str], name: str) -> None:
    wrong = went[name]
    assert not wrong, wrong
