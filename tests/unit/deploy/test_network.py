"""What is asked of nodes for the management network."""

from hosted_engine.deploy.answers import parse
from hosted_engine.deploy.network import placement
from hosted_engine.management_network import nothing, on_bridge, on_nic
from tests.unit.deploy.test_answers import three

ANSWERS = parse(three())


def test_no_name_server_is_asked_for_it_may_be_a_vm_of_the_site() -> None:
    for node in ANSWERS.nodes:
        for request in (on_bridge(placement(ANSWERS, node)), on_nic(placement(ANSWERS, node)), nothing()):
            assert request.without_name_servers


def test_what_the_network_card_loses_is_said() -> None:
    """netconf refuses a port of whose addresses a document says nothing."""
    for node in ANSWERS.nodes:
        interfaces = on_bridge(placement(ANSWERS, node)).document["interfaces"]
        assert isinstance(interfaces, list)
        card = next(one for one in interfaces if one["name"] == node.nic)
        assert card["ipv4"] == card["ipv6"] == {"enabled": False}
