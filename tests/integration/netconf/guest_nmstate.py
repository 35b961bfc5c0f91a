"""nmstate 0.3.6 held to the contract on a kernel of Debian's, in an emulated machine: all layouts in one run of it.

Asked for by its path, not collected with the others: it takes a core for twenty minutes.
"""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.integration.netconf.guest_machine import run_guest
from tests.integration.netconf.nmstate_cases import IN_NMSTATE_GUEST


@pytest.fixture(scope="session")
def results(nmstate_tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    work = tmp_path_factory.mktemp("guest")
    return run_guest(work, IN_NMSTATE_GUEST, program="inside_nmstate", tree=nmstate_tree)


@pytest.mark.timeout(7200)  # the first one waits for the guest
@pytest.mark.parametrize("name", IN_NMSTATE_GUEST)
def test_a_layout(results: Mapping[str, str], name: str) -> None:
    assert not results[name], results[name]
