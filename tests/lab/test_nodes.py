"""The machines of the lab: switched on and off, killed, cut off, entered."""

import time

from ci.lab.machine import Power
from tests.lab.under_test import LabUnderTest


def test_every_node_has_its_name_address_and_bricks(lab: LabUnderTest) -> None:
    for name in lab.nodes:
        node = lab.node(name).node
        assert lab.exec(name, "hostname").strip() == name
        assert f"{node.address}/24" in lab.exec(name, "ip", "-br", "-4", "address")
        for volume in ("engine", "data"):
            assert lab.exec(name, "findmnt", "-no", "FSTYPE", f"/gluster/{volume}").strip() == "xfs"


def test_nodes_are_different_machines(lab: LabUnderTest) -> None:
    for question in (["cat", "/etc/machine-id"], ["cat", "/sys/class/net/host0/address"]):
        assert len({lab.exec(name, *question) for name in lab.nodes}) == len(lab.nodes)


def test_a_service_that_one_node_restarts_goes_on_on_the_others(lab: LabUnderTest) -> None:
    def since(name: str) -> str:
        return lab.exec(name, "systemctl", "show", "-p", "MainPID,ActiveEnterTimestamp", "NetworkManager")

    before = {name: since(name) for name in lab.nodes[1:]}
    lab.exec(lab.nodes[0], "systemctl", "restart", "systemd-logind")
    assert {name: since(name) for name in lab.nodes[1:]} == before


def test_a_node_that_is_cut_off_runs_and_is_not_reached(lab: LabUnderTest) -> None:
    one, other = lab.nodes[0], lab.node(lab.nodes[-1]).node
    ping = ("ping", "-c", "1", "-W", "1", other.address)
    lab.cut(other.name)
    try:
        assert lab.node(one).exec(*ping, check=False).returncode == 1
        assert "LOWER_UP" in lab.exec(other.name, "ip", "-br", "link", "show", "host0")
        assert next(node for node in lab.status().nodes if node.name == other.name).cut
    finally:
        lab.heal(other.name)
    until = time.monotonic() + 10
    while lab.node(one).exec(*ping, check=False).returncode != 0:
        assert time.monotonic() < until, "the node is not reached again"


def test_a_node_that_runs_is_on(lab: LabUnderTest) -> None:
    assert {lab.node(name).power() for name in lab.nodes} == {Power.ON}
