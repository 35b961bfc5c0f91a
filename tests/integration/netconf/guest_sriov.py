"""Virtual functions on a NIC that has some: Intel's 82576 as QEMU emulates it, under Debian's kernel.

Asked for by its path, not collected with the others: it takes a core for many minutes.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.integration.netconf.guest_machine import SRIOV, run_guest
from tests.integration.netconf.sriov_cases import COUNTS, SCENARIOS


def _cases(*backends: str) -> tuple[str, ...]:
    return tuple(f"{backend} {case}" for backend in backends for case in (COUNTS.name, *SCENARIOS))


_OF_NODE, _WITH_NMSTATE = _cases("networkmanager", "kernel"), _cases("nmstate")


@pytest.fixture(scope="module")
def results(nmstate_tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    def run(cases: tuple[str, ...], tree: Path | None) -> Mapping[str, str]:
        return run_guest(tmp_path_factory.mktemp("guest"), cases, program="inside_sriov", hardware=SRIOV, tree=tree)

    with ThreadPoolExecutor() as pool:
        node, nmstate = pool.submit(run, _OF_NODE, None), pool.submit(run, _WITH_NMSTATE, nmstate_tree)
        return {**node.result(), **nmstate.result()}


@pytest.mark.timeout(3600)  # the first one waits for the guests
@pytest.mark.parametrize("name", [*_OF_NODE, *_WITH_NMSTATE])
def test_virtual_functions(results: Mapping[str, str], name: str) -> None:
    wrong = results[name]
    assert not wrong, wrong
