"""Where a VM goes, and why not to the others."""

import pytest
from msgspec import structs

from hosted_engine.engine.networks.model import Network
from hosted_engine.engine.nodes.model import Node, NodeStatus
from hosted_engine.engine.nodes.network import NodeNetwork
from hosted_engine.engine.nodes.readings import Reading
from hosted_engine.engine.scheduler.model import Candidate, Requirements
from hosted_engine.engine.scheduler.policy import MIB, choose
from node.api.messages.machine import Statistics
from node.api.messages.mounts import MountReport
from tests.fakes.node.network import BRIDGE

BLUE = Network(id="n", name="the blue one", data_center_id="d", bridge="blue")
REQUIREMENTS = Requirements(
    cluster_id="c", memory_bytes=1024 * MIB, storage_domains={"domain-data": "data"}, networks=frozenset({BLUE})
)


def candidate(
    name: str,
    free_mib: int | None,
    *,
    status: NodeStatus = NodeStatus.UP,
    cluster: str = "c",
    mounted: tuple[str, ...] = ("domain-data",),
    starting_mib: int = 0,
    detail: str = "",
    labels: tuple[str, ...] = (),
    bridges: tuple[str, ...] | None = ("ovirtmgmt", "blue"),
) -> Candidate:
    node = Node(
        id=name, name=name, hostname=name, cluster_id=cluster, address=name, host_id=1, status=status, detail=detail
    )
    mounts = tuple(MountReport(storage_domain=one, mounted=True, path="/") for one in mounted)
    statistics = None if free_mib is None else statistics_of(free_mib)
    links = {name: structs.replace(BRIDGE, name=name) for name in bridges or ()}
    network = None if bridges is None else NodeNetwork(links=links)
    return Candidate(node, Reading(statistics, mounts, network=network), starting_mib * MIB, frozenset(labels))


def statistics_of(free_mib: int) -> Statistics:
    return Statistics(
        at=0.0,
        boot_id="b",
        uptime_s=1.0,
        memory_free_bytes=free_mib * MIB,
        memory_used_bytes=0,
        swap_total_bytes=0,
        swap_free_bytes=0,
        load_1min=0.0,
        cpu_user_percent=0.0,
        cpu_system_percent=0.0,
        cpu_idle_percent=100.0,
        vms_running=0,
    )


def chosen(requirements: Requirements, *candidates: Candidate) -> str | None:
    node = choose(requirements, candidates).node
    return node.name if node else None


def test_the_node_with_the_most_free_memory_is_chosen() -> None:
    assert chosen(REQUIREMENTS, candidate("a", 2000), candidate("b", 9000), candidate("c", 3000)) == "b"


def test_memory_of_vms_that_start_there_counts() -> None:
    assert chosen(REQUIREMENTS, candidate("a", 5000), candidate("b", 9000, starting_mib=5000)) == "a"


def test_ties_go_to_the_first_name() -> None:
    assert chosen(REQUIREMENTS, candidate("b", 2000), candidate("a", 2000)) == "a"


def test_just_enough_is_enough() -> None:
    assert chosen(REQUIREMENTS, candidate("a", 1024)) == "a"
    assert chosen(REQUIREMENTS, candidate("a", 1023)) is None


def test_the_user_can_narrow_the_choice() -> None:
    requirements = Requirements("c", 1024 * MIB, node_ids=frozenset({"a"}))
    assert chosen(requirements, candidate("a", 2000), candidate("b", 9000)) == "a"


def test_a_node_has_to_have_all_affinity_labels_of_the_vm() -> None:
    requirements = Requirements("c", 1024 * MIB, labels=frozenset({"gpu", "licence"}))
    nodes = (
        candidate("a", 9000),
        candidate("b", 9000, labels=("gpu",)),
        candidate("c", 1024, labels=tuple(requirements.labels)),
    )
    choice = choose(requirements, nodes)
    assert choice.node is not None
    assert choice.node.name == "c"
    assert choice.reasons == (
        ("a", "does not have the affinity labels gpu, licence"),
        ("b", "does not have the affinity label licence"),
    )
    assert chosen(Requirements("c", 1024 * MIB), candidate("b", 9000, labels=("gpu",))) == "b"


@pytest.mark.parametrize(
    ("refused", "reason"),
    [
        (candidate("a", 9000, cluster="other"), "is in another cluster"),
        (candidate("a", 9000, status=NodeStatus.MAINTENANCE), "is maintenance"),
        (candidate("a", 9000, status=NodeStatus.NON_RESPONSIVE, detail="no power"), "is non_responsive (no power)"),
        (candidate("a", None), "has not reported its memory yet"),
        (candidate("a", 9000, mounted=()), "does not have data mounted"),
        (candidate("a", 9000, bridges=("ovirtmgmt",)), "has no network the blue one"),
        (candidate("a", 500), "has 500 MiB of free memory, 1024 MiB are needed"),
        (candidate("a", 500, starting_mib=600), "has 0 MiB of free memory, 1024 MiB are needed"),
    ],
)
def test_each_refusal_says_why(refused: Candidate, reason: str) -> None:
    choice = choose(REQUIREMENTS, [refused])
    assert choice.node is None
    assert choice.why_none == f"a {reason}"
    assert chosen(REQUIREMENTS, refused, candidate("z", 1024)) == "z"


def test_a_node_that_has_not_told_of_its_network_may_have_any() -> None:
    assert chosen(REQUIREMENTS, candidate("a", 2000, bridges=None)) == "a"


def test_those_that_lost_only_by_memory_are_told_so() -> None:
    assert choose(REQUIREMENTS, [candidate("a", 2000), candidate("b", 3000)]).reasons == (
        ("a", "has less free memory"),
    )


def test_an_empty_cluster_says_so() -> None:
    assert choose(REQUIREMENTS, []).why_none == "the cluster has no nodes"
