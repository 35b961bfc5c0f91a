from itertools import combinations

import pytest

from ci.lab.names import BadLabName, Lab, UnknownNode, host_machine_id


@pytest.mark.parametrize("name", ["", "Lab", "1lab", "a/b", "a b", "..", "ä", "a" * 21, "lab\n"])
def test_a_name_that_could_lead_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(BadLabName):
        Lab(name)


def test_two_labs_share_nothing() -> None:
    def everything(lab: Lab) -> set[str]:
        nodes = lab.nodes(3)
        paths = [lab.state, lab.runtime, lab.netns_path, lab.terminal, *(node.state for node in nodes)]
        groups = [node.cgroup for node in nodes]
        return {*map(str, paths), *groups, *(node.machine_id for node in nodes), lab.netns, host_machine_id(lab)}

    for one, other in combinations([Lab("lab"), Lab("test"), Lab("lab-2")], 2):
        assert not everything(one) & everything(other)


def test_nodes_of_a_lab_share_nothing() -> None:
    nodes = Lab("lab").nodes(9)
    for attribute in ("name", "address", "uplink", "machine_id", "state", "cgroup"):
        assert len({getattr(node, attribute) for node in nodes}) == 9


def test_a_node_is_found_by_its_name() -> None:
    assert Lab("lab").node("node2") == Lab("lab").nodes(3)[1]
    assert Lab("lab").node("node2").address == "192.0.2.12"


@pytest.mark.parametrize("name", ["node", "node0", "node10", "node01", "engine", "node1/..", "1"])
def test_anything_else_is_no_node(name: str) -> None:
    with pytest.raises(UnknownNode):
        Lab("lab").node(name)


def test_the_cable_has_a_name_that_the_kernel_takes() -> None:
    assert all(len(node.uplink) <= 15 for node in Lab("a" * 20).nodes(9))
