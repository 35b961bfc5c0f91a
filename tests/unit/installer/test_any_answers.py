"""Whatever is accepted can be planned: the reader has refused by itself what the network or the plan would refuse."""

from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from installer.answers import Answers
from installer.plan import plan
from installer.preflight import findings
from installer.reading import AnswersWrong, from_document
from installer.reasons import DoesNotFit
from installer.sysinfo import Disk, Nic, SysInfo

INSTALLATION = "6f0c1b9e-3f0a-4d0e-9a55-0c7f3b1f7a10"
DISKS = tuple(Disk(path=f"/dev/sd{name}", size_bytes=480 * 10**9, serial=f"S{name}") for name in "abc")
NICS = tuple(Nic(name=f"eno{n}", mac=f"52:54:00:00:00:0{n}", carrier=True) for n in (1, 2, 3))
MACHINE = SysInfo(version="0.1.0.202611301104", memory_bytes=64 << 30, disks=DISKS, nics=NICS)
HOSTS = ["192.0.2.0", "192.0.2.1", "192.0.2.11", "192.0.2.127", "192.0.2.255", "10.0.0.1", "127.0.0.1", "224.0.0.1"]
HOSTS6 = ["2001:db8::", "2001:db8::1", "2001:db8::11", "fe80::1", "ff02::1", "::1", "::", "fd00::1", "::ffff:192.0.2.1"]
PREFIXES = ["/24", "/25", "/30", "/31", "/32", "/0", "/64", "/127", "/128", ""]
NAMES = ["node1", "n", "a" * 63, "a" * 64, "localhost", "node1.example.org", "1", "", "é", "-a", "engine"]
DOMAINS = ["example.org", "org", "a." * 120 + "org", "localdomain", "192.0.2.1", "", "x_y.org", "Example.org"]
EXPRESSIONS = ['serial == "Sa"', 'serial == "Sb"', 'serial == "Sc"', "size > 200G", "removable", "size >", ""]
MODES = ["balance-rr", "active-backup", "802.3ad", "balance-tlb", "balance-alb", "broadcast", "balance-xor", "lacp"]


def some(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


def address(hosts: list[str]) -> st.SearchStrategy[str]:
    return st.tuples(some(*hosts), some(*PREFIXES)).map("".join)


NIC_NAMES = some("eno1", "eno2", "52:54:00:00:00:01", "52:54:00:00:00:03", "52:54:00:00:00:03".upper(), "lo", "bond0")
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "nics": st.lists(NIC_NAMES, min_size=1, max_size=3),
    "bond": some(*MODES),
    "vlan": st.integers(0, 5000) | some(1, 2, 4094),
    "mtu": st.integers(0, 10_000) | some(576, 1280, 1500, 9000, 9216),
    "ipv4": some("off", "dhcp", "static"),
    "address": address(HOSTS),
    "gateway": some(*HOSTS),
    "ipv6": some("off", "dhcp", "static", "auto"),
    "address6": address(HOSTS6),
    "gateway6": some(*HOSTS6),
    "dns": st.lists(some(*HOSTS, *HOSTS6), max_size=3),
    "search": st.lists(some(*DOMAINS), max_size=2),
}
STATIC = {"nics": ["eno1"], "ipv4": "static", "address": "192.0.2.11/24", "gateway": "192.0.2.1"}
STATIC6 = {"ipv6": "static", "address6": "2001:db8::11/64", "gateway6": "2001:db8::1"}
GOOD: list[dict[str, Any]] = [
    {"nics": ["eno1"]},
    {"nics": ["eno1", "eno2"], "ipv6": "auto"},
    STATIC,
    STATIC | STATIC6,
    STATIC | {"nics": ["eno1", "52:54:00:00:00:03"], "vlan": 7, "mtu": 9000, "dns": ["192.0.2.53", "10.0.0.1"]},
    STATIC6 | {"nics": ["eno2"], "ipv4": "off"},
]
CHANGES = st.lists(some(*FIELDS).flatmap(lambda name: FIELDS[name].map(lambda value: (name, value))), max_size=3)
NETWORK = st.tuples(some(*GOOD), CHANGES).map(lambda made: made[0] | dict(made[1]))
MACHINES = st.fixed_dictionaries(
    {"host_name": some(*NAMES)}, optional={"ntp": st.lists(some(*HOSTS, *DOMAINS), max_size=2)}
)
DESIRED_DISKS = st.fixed_dictionaries(
    {"system": some(*EXPRESSIONS)},
    optional={"bricks": st.lists(some(*EXPRESSIONS), max_size=2), "wipe": st.lists(some("Sa", "Sb", "x"), max_size=2)},
)


def accepted(document: dict[str, Any]) -> Answers:
    try:
        return from_document(document).answers
    except AnswersWrong:
        assume(False)
        raise


def reasons(answers: Answers) -> list[str]:
    """The paths of what speaks against a plan."""
    findings(MACHINE, answers)
    try:
        made = plan(answers, MACHINE, INSTALLATION)
    except DoesNotFit as err:
        return [reason.path for reason in err.reasons]
    assert made.lines
    assert made.network.profiles
    return []


@settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
@given(NETWORK)
def test_a_network_that_is_accepted_can_be_made(network: dict[str, Any]) -> None:
    document = {"machine": {"host_name": "node1"}, "disks": {"system": 'serial == "Sa"'}, "network": network}
    found = reasons(accepted(document))
    assert all(path.startswith("network.nics[") for path in found), found


@settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
@given(MACHINES, DESIRED_DISKS)
def test_what_speaks_against_accepted_answers_is_the_machine(machine: dict[str, Any], disks: dict[str, Any]) -> None:
    found = reasons(accepted({"machine": machine, "disks": disks, "network": {"nics": ["eno1"]}}))
    assert all(path.startswith("disks") for path in found), found
