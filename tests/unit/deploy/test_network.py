"""What is asked of nodes for the management network."""

from hosted_engine.deploy import network
from hosted_engine.deploy.answers import parse
from tests.unit.deploy.test_answers import three

ANSWERS = parse(three())


def test_no_name_server_is_asked_for_it_may_be_a_vm_of_the_site() -> None:
    for node in ANSWERS.nodes:
        for request in (network.wish(ANSWERS, node), network.wish_back(ANSWERS, node), network.nothing()):
            assert request.without_name_servers
