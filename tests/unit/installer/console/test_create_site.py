"""A site is created at the console by few answers, over a whole site in memory; and what stands in its way is said."""

import stat
import time

import msgspec

from hosted_engine.authority import make_authority
from hosted_engine.deploy import answers as answers_file
from node.api.messages.identity import OfferedAddress
from tests.unit.installer.console.machine import Machine, shows
from tests.unit.installer.console.operator import Operator


async def test_three_nodes_become_a_site_by_few_answers(machine: Machine) -> None:
    async with machine.on() as pilot:
        operator = Operator(pilot)
        await operator.expect("Trivet: this node")
        await operator.goes("enter", "c")
        await shows(pilot, "nodes-1", "this node, 192.0.2.11/24 on host0")
        await operator.adds(machine, 2)
        await operator.expect("2 nodes: add 1 more")
        await operator.adds(machine, 3)
        await shows(pilot, "nodes-3", "> G  Go on")
        await operator.goes("enter")
        await shows(pilot, "engine", "Engine's address")
        await operator.answers_with("engine.branch-7.example")
        await operator.goes("tab")
        await operator.answers_with("192.0.2.10")
        await operator.goes("enter")
        await operator.expect("The answers, as", 'name = "engine.branch-7.example"')
        assert not machine.answers_file.exists()
        await operator.goes("enter")
        await operator.expect("The site is up.", "Enter: go on")
        assert operator.answers <= 12
        await operator.goes("enter", "escape")
        await operator.expect("Trivet: this node")
    answers = answers_file.read(machine.answers_file)
    assert stat.S_IMODE(machine.answers_file.stat().st_mode) == 0o600
    assert [str(node.address) for node in answers.nodes] == ["192.0.2.11/24", "192.0.2.12/24", "192.0.2.13/24"]
    assert {node.bricks.data for node in answers.nodes} == {"/gluster/data/brick"}
    assert all(node.host.claimed is not None for node in machine.world.nodes.values())
    assert machine.deploy_folder.journals.formed()


async def test_what_was_typed_is_there_again_after_going_back(machine: Machine) -> None:
    async with machine.on() as pilot:
        operator = Operator(pilot)
        await operator.goes("enter", "c")
        await operator.adds(machine, 2)
        await operator.goes("escape", "escape", "enter", "c")
        await operator.expect("2 node2")
        await operator.goes("d")
        assert "node2" not in await operator.expect("> A Add a node")


async def test_each_mistake_is_told_while_it_is_typed(machine: Machine) -> None:
    async with machine.on() as pilot:
        operator = Operator(pilot)
        await operator.goes("enter", "c", "g")
        await operator.expect("Engine's address")
        await operator.goes("tab")
        for typed, says in (
            ("192.0.2.0", "is the address of the network 192.0.2.0/24 itself"),
            ("192.0.2.255", "is the broadcast address of the network 192.0.2.0/24"),
            ("192.0.2.11", "192.0.2.11 is the engine's address too"),
            ("127.0.0.1", "is a loopback address"),
            ("224.0.0.9", "is a multicast address"),
            ("198.51.100.10", "is not in the engine's network 198.51.100.0/24"),
        ):
            await operator.goes(typed)
            await operator.expect(says)
            await operator.goes(*["backspace"] * len(typed))
        await operator.goes("up", "node1")
        await operator.expect("node1 is the engine's name")


async def test_a_wrong_claim_code_is_told_by_the_node_itself(machine: Machine) -> None:
    async with machine.on() as pilot:
        operator = Operator(pilot)
        await operator.goes("enter", "c", "a", "192.0.2.12", "enter")
        await operator.expect("Is this node2?")
        await operator.goes("enter")
        await operator.expect("compare the words first")
        await operator.goes(" ", "tab", "WRONG-CODE", "enter")
        await operator.expect("This did not succeed", "node2 did not take the claim code")
        await operator.goes("enter")
        await operator.expect("Is this node2?")
        await operator.goes("escape")
        await operator.expect("[192.0.2.12")  # the address is still there


async def test_a_node_that_is_not_there_is_told(machine: Machine) -> None:
    async with machine.on() as pilot:
        operator = Operator(pilot)
        await operator.goes("enter", "c", "a", "192.0.2.77", "enter")
        await operator.expect("Nothing was learned of 192.0.2.77", "no route to host")


async def test_a_node_that_offers_nothing_is_proposed_like_this_one(machine: Machine) -> None:
    machine.neighbours.offers = False
    async with machine.on() as pilot:
        operator = Operator(pilot)
        await operator.goes("enter", "c")
        await operator.adds(machine, 2)
        await operator.expect("192.0.2.12/24 on host0; bricks /gluster/engine/brick")


async def test_a_node_without_file_systems_for_bricks_is_asked_for_them(machine: Machine) -> None:
    machine.offered = msgspec.structs.replace(machine.offered, mounts=())
    async with machine.on() as pilot:
        operator = Operator(pilot)
        await operator.goes("enter", "c", "g")
        await operator.expect("Node node1", "Brick for engine")
        await operator.goes("enter")
        await operator.expect("is no absolute path")


async def test_a_stopped_deploy_is_gone_on_with(machine: Machine) -> None:
    machine.world.on_observe = lambda: time.sleep(0.05)
    async with machine.on() as pilot:
        operator = Operator(pilot)
        await operator.goes("enter", "c", "g")
        await operator.expect("Engine's address")
        await operator.goes("engine.test", "tab", "192.0.2.10", "enter")
        await operator.expect("The answers, as")
        await operator.goes("enter")
        await operator.expect("Esc: stop")
        await operator.expect("done in")
        await operator.goes("escape")
        await operator.expect("Stop it?")
        await operator.goes("s")
        await operator.expect("This did not come to its end")
        await operator.goes("escape")
    machine.world.on_observe = lambda: None
    async with machine.on() as pilot:
        operator = Operator(pilot)
        await operator.goes("enter", "c")
        await operator.expect("A site was begun", "Site site (node1) was begun here")
        await operator.goes("v")
        found = await operator.expect("The answers", "(as typed)")
        assert machine.world.nodes["node1"].host.claim_code not in found
        await operator.goes("escape", "g")
        await operator.expect("The site is up.")
    assert machine.deploy_folder.journals.formed()


async def test_a_member_of_a_site_makes_none(machine: Machine) -> None:
    (machine.settings.own_folder / "ca.pem").write_text(make_authority("branch-7").certificate)
    async with machine.on() as pilot:
        operator = Operator(pilot)
        await operator.goes("enter", "c")
        await operator.expect("this node is a member of site branch-7 already")


async def test_nodes_are_found_and_still_compared(machine: Machine) -> None:
    async with machine.on() as pilot:
        operator = Operator(pilot)
        await operator.goes("enter", "c", "f")
        found = await operator.expect("Nodes that were found", "2 node3", "compare the words")
        assert "node1" not in found
        await operator.goes("2")
        await operator.expect("Is this node3?")
        await operator.goes(" ", "tab", machine.world.nodes["node3"].host.claim_code, "enter")
        await operator.expect("2 nodes: add 1 more", "192.0.2.13/24 on host0")
        await operator.goes("f")
        assert "node3" not in await operator.expect("Nodes that were found", "1 node2")
        await operator.goes("escape")
        await operator.expect("2 nodes: add 1 more")


async def test_where_nobody_answers_it_is_said(machine: Machine) -> None:
    machine.neighbours.answer = False
    async with machine.on() as pilot:
        operator = Operator(pilot)
        await operator.goes("enter", "c", "f")
        await operator.expect("No node was found", "at none of the addresses of 192.0.2.0/24")


async def test_a_wide_network_is_not_searched(machine: Machine) -> None:
    address = OfferedAddress(nic="host0", address="10.0.0.11/16")
    machine.offered = msgspec.structs.replace(machine.offered, addresses=(address,))
    async with machine.on() as pilot:
        operator = Operator(pilot)
        await operator.goes("enter", "c", "f")
        await operator.expect("No node was looked for", "65536 addresses")
