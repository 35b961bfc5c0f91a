"""Which hosts are nodes of the site, and which are not yet or no longer. Pure."""

from collections.abc import Sequence

from hosted_engine.engine.nodes.model import Node, NodeStatus
from hosted_engine.engine.ports import Transaction

OUTSIDE = frozenset({NodeStatus.PENDING_APPROVAL, NodeStatus.INSTALL_FAILED})  # nobody has taken them in
BETWEEN = frozenset({NodeStatus.INSTALLING, NodeStatus.DOWN})  # on their way in, on their way out
REACHED = frozenset({NodeStatus.UP, NodeStatus.MAINTENANCE, NodeStatus.PREPARING_FOR_MAINTENANCE})


def members(tx: Transaction) -> Sequence[Node]:
    """The nodes of the site, whether they answer or not."""
    return [node for node in tx.nodes.list() if node.status not in OUTSIDE | BETWEEN]
