"""Which bonds NetworkManager cannot change in place."""

import pytest

from netconf.kinds import Bond, BondMode
from netconf.networkmanager.bond_recreation import needs_recreate
from netconf.options import Pairs

_OBSERVED: Pairs = (("lacp_rate", "fast"), ("miimon", 100), ("resend_igmp", 1), ("xmit_hash_policy", "layer2"))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ((("lacp_rate", "fast"), ("miimon", 100)), False),
        ((("lacp_rate", "fast"), ("miimon", 200), ("updelay", 200)), False),
        ((("lacp_rate", "fast"), ("primary", "eth1")), False),
        ((("miimon", 100),), True),  # back to slow
        ((("lacp_rate", "slow"), ("miimon", 100)), True),
        ((("lacp_rate", "fast"), ("xmit_hash_policy", "layer3+4")), True),  # and it could not go back
        ((("lacp_rate", "fast"), ("resend_igmp", 3)), True),
    ],
)
def test_back_to_a_default_it_has_to_be_made_anew(wanted: Pairs, expected: bool) -> None:
    assert needs_recreate(Bond(BondMode.LACP, ("eth1",), wanted), Bond(BondMode.LACP, ("eth1",), _OBSERVED)) is expected


def test_from_one_unusual_value_to_another_it_can_be_changed() -> None:
    wanted = Bond(BondMode.XOR, ("eth1",), (("xmit_hash_policy", "layer3+4"),))
    assert not needs_recreate(wanted, Bond(BondMode.XOR, ("eth1",), (("xmit_hash_policy", "layer2+3"),)))
