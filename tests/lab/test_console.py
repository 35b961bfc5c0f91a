"""An operator at node1's console makes a site of three bare nodes by few answers, though the console is killed on the
way; the engine answers, and the console says where it runs."""

from collections.abc import Iterator

import pytest

from ci.lab import status
from ci.lab.appliance import Appliance
from ci.lab.gate import AUTHORITY_INSIDE, HEALTH, PASSWORD_INSIDE, USER
from ci.lab.machine import Machine
from ci.lab.names import ENGINE_ADDRESS
from tests.lab.console_run import ENTER, ESCAPE, TAB, NodeConsole, console_of, read_introduction
from tests.lab.deploy_run import bare_lab

pytestmark = [pytest.mark.long, pytest.mark.timeout(2400)]
MOST_ANSWERS = 12
DEPLOY_S = 900
ENGINE = "engine.console.test"

ASK = f"""
import httpx, ssl
trust = ssl.create_default_context(cafile="{AUTHORITY_INSIDE}")
password = open("{PASSWORD_INSIDE}").read().strip()
with httpx.Client(verify=trust, base_url="https://{ENGINE_ADDRESS}", timeout=30, trust_env=False) as client:
    print(client.get("{HEALTH}").status_code)
    hosts = client.get("/ovirt-engine/api/hosts", auth=("{USER}", password), headers={{"Accept": "application/json"}})
    print(sorted(host["name"] for host in hosts.json()["host"]))
"""


@pytest.fixture(scope="module")
def nodes() -> Iterator[Appliance]:
    with bare_lab("console", answers=False) as appliance:
        yield appliance


def test_an_operator_makes_a_site_by_few_answers(nodes: Appliance) -> None:
    first, *others = nodes.machines
    found = status.gather("console", nodes.url, nodes.machines, nodes.network, api=False)
    assert found.bare
    with console_of(first) as console:
        console.expect("in no site yet", "what can be done")
        console.type(ENTER)
        console.expect("What can be done")
        console.type("c")
        _add(console, others[0], found=False)
        _add(console, others[1], found=True)
        console.expect("Here: 3", "> G Go on")
        console.type(ENTER)
        console.expect("Engine's address")
        console.answer(ENGINE)
        console.type(TAB)
        console.answer(ENGINE_ADDRESS)
        console.type(ENTER)
        shown = console.expect("The answers", "(as typed)", "Enter: deploy")
        assert ENGINE in shown
        console.type(ENTER)
        console.expect("Make volume engine: done", within_s=DEPLOY_S)
        console.kill()
    assert first.exec("stat", "--format=%a", "/etc/trivet/answers.toml").stdout.strip() == "600"
    answers = console.answers
    with console_of(first) as console:
        console.expect("Trivet: this node")
        console.type(ENTER)
        console.expect("What can be done")
        console.type("c")
        console.expect("A site was begun")
        console.type("g")
        console.expect("The site is up.", within_s=DEPLOY_S)
        assert console.beyond() == []
        answers += console.answers
        console.type(ENTER)
        console.expect("What can be done")
        console.type(ESCAPE)
        console.expect(f"{ENGINE} at {ENGINE_ADDRESS}: running on node", "storage is", within_s=120)
    print(f"{answers} answers were typed")
    assert answers <= MOST_ANSWERS
    said = first.exec("/opt/trivet/venv/bin/python", "-c", ASK, timeout_s=120).stdout
    assert said.split("\n")[:2] == ["200", "['node1', 'node2', 'node3']"]


def _add(console: NodeConsole, machine: Machine, *, found: bool) -> None:
    """By its address, or found in the network; as it stands on that node's own screen, the two fingerprints are
    compared."""
    words, code = read_introduction(machine)
    name = machine.node.name
    console.expect("Nodes of the site", "> A Add a node")
    if found:
        console.type("f")
        console.expect("Nodes that were found", f"> 1 {name}", words)
        console.type(ENTER)
    else:
        console.type(ENTER)
        console.expect("Another node")
        console.answer(machine.node.address)
        console.type(ENTER)
    console.expect(f"Is this {name}?", words)
    console.answer(" ")
    console.type(TAB)
    console.answer(code)
    console.type(ENTER)
    console.expect("Nodes of the site", name, "/gluster/data/brick")
