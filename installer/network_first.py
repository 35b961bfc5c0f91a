"""Tries the chosen network before an installation that nobody watches: an address that is in use stops it.

What does not answer is said and stops nothing: a site may be installed before its network is there.
"""

import asyncio
from collections.abc import Callable

from installer.answers import NetworkAnswers
from installer.environment import Check, CheckState
from installer.network_plan import NetworkPlan
from installer.network_test import run_network_test
from installer.sysinfo import SysInfo
from netconf.change_store import ChangeStore
from netconf.choose import default_network
from netconf.errors import Problem
from node.api.problems import Refused

NetworkTest = Callable[[NetworkAnswers, SysInfo, Callable[[Check], None]], None]


class AddressTaken(Refused):
    what = "Nothing was written"
    why = "{reason}"
    mend = "Give this machine another address; --no-network-test installs without asking"


def run_here(answers: NetworkAnswers, sysinfo: SysInfo, report: Callable[[Check], None]) -> None:
    """On this machine. Raises netconf.errors.Problem."""
    asyncio.run(run_network_test(default_network(ChangeStore()), answers, sysinfo, report))


def try_network(
    test: NetworkTest, answers: NetworkAnswers, planned: NetworkPlan, report: Callable[[str], None]
) -> None:
    """Raises AddressTaken."""
    taken: list[str] = []

    def on_check(check: Check) -> None:
        report(check.description if check.state is CheckState.GOOD else f"Warning: {check.description}")
        if check.is_conflict:
            taken.append(check.description)

    try:
        test(answers, SysInfo(nics=planned.nics), on_check)
    except Problem as err:
        report(f"Warning: the network could not be tried: {err.text.what}: {err.text.why}")
    if taken:
        raise AddressTaken(reason="; ".join(taken))
