"""All layouts that run on a real kernel, and in which of the guests: each guest runs its own one after the other.

All guests but the first are long; those of MORE run only when every layout is asked for: TRIVET_LAYOUTS=all.
"""

import os

from tests.integration.netconf.addressing import ADDRESSING
from tests.integration.netconf.cases import CASES, COMMAND_LINE, WITH_KERNEL, for_backend
from tests.integration.netconf.contract import Case
from tests.integration.netconf.lacp_cases import LACP_CASES
from tests.integration.netconf.layouts import LAYOUTS
from tests.integration.netconf.mode_cases import MODE_CASES
from tests.integration.netconf.option_cases import OPTION_CASES
from tests.integration.netconf.scenarios import SCENARIOS

_WITH_BOTH = {f"{WITH_KERNEL} {case.name}": case for case in MODE_CASES}
ALL: dict[str, Case] = {
    case.name: case for case in (*CASES, *LAYOUTS, *LACP_CASES, *ADDRESSING, *OPTION_CASES, *MODE_CASES)
}
_PLAIN = {f"{WITH_KERNEL} {case.name}": case for case in for_backend("kernel") if case.needs}
_SELDOM = (
    *("bond-balance-rr", "bond-balance-xor", "bond-broadcast", "bond-balance-tlb", "bond-balance-alb"),
    *("veth-between-bridges", "what-stands-on-a-veth-pair"),
)
_KERNEL = tuple(name for name, case in _PLAIN.items() if not case.anywhere and case.name not in _SELDOM)
KERNEL: dict[str, Case] = _PLAIN | _WITH_BOTH

_BY_LUCK = "bond-802.3ad"  # without a partner NetworkManager brings it up or not
_ALWAYS = (
    *("vlan-tag-changes-in-place-under-a-vm", "second-vlan-on-a-bond-in-use", "lacp-with-a-partner"),
    *("management-moves-from-nic-to-bond-to-bridge", "tag-goes-back-when-its-maker-dies"),
    "a-pair-comes-back-when-its-remover-dies",
    "names-are-pinned",
    "bond-802.3ad-with-a-partner",
)
_WITH_TRAFFIC = (*(case.name for case in (*LAYOUTS, *LACP_CASES)), *SCENARIOS)

MORE: dict[str, tuple[str, ...]] = {
    "more-traffic": tuple(name for name in _WITH_TRAFFIC if name not in _ALWAYS),
    "addresses-and-options": tuple(case.name for case in (*ADDRESSING, *OPTION_CASES)),
    "more-plain": _SELDOM,
    "more-kernel": tuple(name for name in _PLAIN if name not in _KERNEL),
    "modes-apart": (*(case.name for case in MODE_CASES), *_WITH_BOTH),
}
EVERY_TIME = "every-time"  # the guest that every change has to pass
GUESTS: dict[str, tuple[str, ...]] = {
    EVERY_TIME: (
        *("bond-active-backup", "vlan-filtering", f"{WITH_KERNEL} bond-active-backup"),
        "management-moves-from-nic-to-bond-to-bridge",
    ),
    "plain": (*(case.name for case in CASES if case.needs and case.name not in (*_SELDOM, _BY_LUCK)), COMMAND_LINE),
    "kernel": _KERNEL,
    "traffic": _ALWAYS,
    **(MORE if os.environ.get("TRIVET_LAYOUTS") == "all" else {}),
}
