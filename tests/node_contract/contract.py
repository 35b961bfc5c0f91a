"""What holds for every node, fake or real: the same tests run against FakeNode and, through node.client, in the lab."""

from tests.node_contract.host import HostContract
from tests.node_contract.images import ImageContract
from tests.node_contract.site import SiteContract
from tests.node_contract.vms import VmContract


class NodeContract(HostContract, SiteContract, ImageContract, VmContract):
    """Subclasses give the fixtures that ContractBase names."""
