"""All layouts that run on a real kernel, and in which of the guests: each guest runs its own one after the other."""

from tests.integration.netconf.addressing import ADDRESSING
from tests.integration.netconf.cases import CASES, COMMAND_LINE, WITH_KERNEL, for_backend
from tests.integration.netconf.contract import Case
from tests.integration.netconf.lacp_cases import LACP_CASES
from tests.integration.netconf.layouts import LAYOUTS
from tests.integration.netconf.option_cases import OPTION_CASES
from tests.integration.netconf.scenarios import SCENARIOS

ALL: dict[str, Case] = {case.name: case for case in (*CASES, *LAYOUTS, *LACP_CASES, *ADDRESSING, *OPTION_CASES)}
KERNEL: dict[str, Case] = {f"{WITH_KERNEL} {case.name}": case for case in for_backend("kernel") if case.needs}

GUESTS: dict[str, tuple[str, ...]] = {
    "plain": (*(case.name for case in CASES if case.needs), COMMAND_LINE, *KERNEL),
    "traffic": tuple(case.name for case in (*LAYOUTS, *LACP_CASES)),
    "scenarios": (*SCENARIOS, *(case.name for case in (*ADDRESSING, *OPTION_CASES))),
}
