from ci.lab.deploying import Introduction, answers
from ci.lab.names import Lab
from hosted_engine.deploy.answers import parse


def test_the_deploy_takes_the_answers_of_the_lab() -> None:
    nodes = [Introduction(node.name, node.address, f"{node.number:064x}", "code") for node in Lab("test").nodes(3)]
    parsed = parse(answers(Lab("test"), nodes))
    assert [str(node.address) for node in parsed.nodes] == ["192.0.2.11/24", "192.0.2.12/24", "192.0.2.13/24"]
    assert parsed.nodes[2].bricks.data == "/gluster/data/brick"
    assert "localhost" in parsed.engine.extra_names
    assert parsed.site == "test"
