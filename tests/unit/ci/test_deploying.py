import pytest

from ci.lab.deploying import Introduction, answers
from ci.lab.names import Lab
from hosted_engine.deploy.answers import parse
from hosted_engine.deploy.progress import is_passing


def test_the_deploy_takes_the_answers_of_the_lab() -> None:
    nodes = [Introduction(node.name, node.address, f"{node.number:064x}", "code") for node in Lab("test").nodes(3)]
    parsed = parse(answers(Lab("test"), nodes))
    assert [str(node.address) for node in parsed.nodes] == ["192.0.2.11/24", "192.0.2.12/24", "192.0.2.13/24"]
    assert parsed.nodes[2].bricks.data == "/gluster/data/brick"
    assert "localhost" in parsed.engine.extra_names
    assert parsed.site == "test"


@pytest.mark.parametrize(
    ("line", "passing"),
    [
        ("0:00  [1/24] Make volume data", True),
        ("4:47  [18/19] Wait for the engine … 227 s: the VM is up", True),
        ("0:05  Look at what is there … 5 s", True),
        ("0:00  [1/24] Make volume data: done in 0.1 s", False),
        ("0:03  [6/24] Put node2 on the bridge: failed", False),
        ("Error: Put node2 on the bridge: failed: why", False),
        ("The site is up", False),
    ],
)
def test_only_what_ends_stays_on_the_screen(line: str, passing: bool) -> None:
    assert is_passing(line) is passing
