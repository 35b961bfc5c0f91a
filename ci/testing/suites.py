"""Says which tests there are, which of them every change has to pass, and what each suite needs."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto

LAB_FOLDERS = ("tests/lab", "tests/conformance")
NETWORK_FOLDERS = ("tests/integration/netconf", "tests/integration/lockout")
EVERY_LAYOUT = (("TRIVET_LAYOUTS", "all"),)
MANY_EXAMPLES = (
    ("TRIVET_SCHEDULES", "10000"),
    ("TRIVET_FUZZ_EXAMPLES", "2000"),
    ("TRIVET_CUTS", "1000"),  # more than any command writes
    ("TRIVET_SHARE", "1"),
)


class Lab(Enum):
    """What of a lab a suite needs."""

    NONE = auto()
    BARE = auto()  # nodes that belong to no site yet
    UP = auto()


@dataclass(frozen=True, slots=True)
class Suite:
    """Tests that run as one process.

    `part` is the word by which `./trivet test --all PART` asks for it, `minutes` what it takes on two idle cores,
    `limit_s` the time after which it hangs. `tests` are pytest's arguments; `check` is a program of its own.
    """

    name: str
    part: str
    tests: tuple[str, ...]
    covers: str
    minutes: float
    limit_s: int
    short: bool = False
    lab: Lab = Lab.NONE
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def repeats(self) -> bool:
        """Whether a test of it that fails is tried once more by itself. The check promises to be the same each time."""
        return self.name != CHECK


CHECK = "check"
THOROUGH_TESTS = ("tests/unit/engine/test_recovery.py", "tests/unit/rest/test_every_element.py")
WATCHDOG = "tests/integration/test_watchdog.py"
NFS = "tests/integration/drivers/test_nfs.py"
SUITES: tuple[Suite, ...] = (
    Suite(CHECK, "check", (), "format, lint, types, imports, unit tests, simulations", 1.2, 900, short=True),
    Suite(
        "deploy",
        "lab",
        ("tests/lab/deploy_cut_short.py",),
        "the deploy of the lab's appliance, killed and without power on its way",
        1,
        1800,
        short=True,
        lab=Lab.BARE,
    ),
    Suite(
        "lab",
        "lab",
        ("-m", "lab and not long", *LAB_FOLDERS),
        "one appliance: nodes, deploy, faults, the SDK",
        10,
        3000,
        short=True,
        lab=Lab.UP,
    ),
    Suite(
        "daemons",
        "daemons",
        ("-m", "not long", "tests/integration", *(f"--ignore={folder}" for folder in NETWORK_FOLDERS)),
        "packages against what is real: libvirt and QEMU, Gluster, PostgreSQL, disks, the engine, clients' examples",
        8,
        3000,
        short=True,
    ),
    Suite(
        "network",
        "daemons",
        ("-m", "not long", *NETWORK_FOLDERS),
        "the network of a node against NetworkManager and the kernel",
        7,
        3000,
        short=True,
    ),
    Suite(
        "install",
        "metal",
        ("-m", "not long", "tests/metal"),
        "the medium: a bare disk in an emulated machine becomes a node, unattended",
        5,
        3000,
        short=True,
    ),
    Suite(
        "examples",
        "check",
        ("-n", "2", "tests/sim/ha", "tests/unit/rest/test_fuzz.py", *THOROUGH_TESTS),
        "10,000 random schedules of partitions and crashes; every operation asked odd things; crashes at every write",
        25,
        10800,
        environment=MANY_EXAMPLES,
    ),
    Suite(
        "lab-long",
        "lab",
        ("-m", "lab and long", *LAB_FOLDERS),
        "outages one after the other, the deploy killed at every step, what a killed lab leaves, faults of the engine",
        90,
        18000,
        lab=Lab.UP,
    ),
    Suite(
        "netconf-long",
        "netconf",
        ("-m", "long", "tests/integration/netconf"),
        "every layout and mode on Debian's kernel in emulated machines; nmstate 0.3.6",
        65,
        14400,
        environment=EVERY_LAYOUT,
    ),
    Suite(
        "lockouts",
        "netconf",
        ("-m", "long", "tests/integration/lockout"),
        "bad network configurations and deaths, by command line and agent",
        9,
        3600,
    ),
    Suite(
        "install-long",
        "metal",
        ("-m", "long", "tests/metal"),
        "the medium by hand over a serial line, power cuts in an installation, upgrades and their falling back",
        60,
        14400,
    ),
    Suite(
        "guests",
        "metal",
        (*(f"tests/integration/netconf/guest_{name}.py" for name in ("nmstate", "serial", "sriov")), WATCHDOG, NFS),
        "emulated machines: nmstate with bonds, an operator at a serial line, SR-IOV, a watchdog that fires, NFS",
        38,
        10800,
    ),
)
PARTS = tuple(dict.fromkeys(suite.part for suite in SUITES))


def short() -> tuple[Suite, ...]:
    """What every change has to pass."""
    return tuple(suite for suite in SUITES if suite.short)


def of_parts(parts: Iterable[str]) -> tuple[Suite, ...]:
    """All suites of these parts, the short ones among them; of every part when none is named."""
    wanted = set(parts) or set(PARTS)
    return tuple(suite for suite in SUITES if suite.part in wanted)


def of_tests(tests: Iterable[str]) -> tuple[Suite, ...]:
    """These tests (files or pytest's node ids), those that need a lab apart from the others."""
    named = tuple(dict.fromkeys(tests))
    on_lab = tuple(test for test in named if needs_lab(test))
    others = tuple(test for test in named if not needs_lab(test))
    picked = (
        Suite("lab", "lab", on_lab, "as named", 0, 10800, lab=Lab.UP, environment=EVERY_LAYOUT),
        Suite("daemons", "daemons", others, "as named", 0, 10800, environment=EVERY_LAYOUT),
    )
    return tuple(suite for suite in picked if suite.tests)


def needs_lab(test: str) -> bool:
    """Whether a file or node id lies in a folder whose tests run on a lab."""
    path = test.split("::", maxsplit=1)[0].removeprefix("./").rstrip("/")
    return any(path == folder or path.startswith(f"{folder}/") for folder in LAB_FOLDERS)
