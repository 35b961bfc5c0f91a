"""The management network of a node as the answers have it. No IO."""

from hosted_engine.deploy.answers import Answers, NodeAnswers
from hosted_engine.management_network import Placement


def placement(answers: Answers, node: NodeAnswers) -> Placement:
    return Placement(
        bridge=answers.management_network,
        nic=node.nic,
        address=node.address,
        gateway=str(answers.gateway) if answers.gateway is not None else None,
        dns=tuple(str(server) for server in answers.dns),
    )
