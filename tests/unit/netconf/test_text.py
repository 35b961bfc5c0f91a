"""Documents as nmstate's users write them."""

import pytest

from netconf import text
from netconf.document import parse
from netconf.errors import BadText
from netconf.kinds import Bond, BondMode, BridgePort, PortMode, PortVlan, Vlan

# After nmstate's own example bond_linuxbridge_vlan_up.yml, with its older word for ports.
BOND_VLAN_BRIDGE = """---
interfaces:
  - name: vlan29
    type: vlan
    state: up
    vlan:
      base-iface: bond0
      id: 29
  - name: br29
    type: linux-bridge
    state: up
    bridge:
      port:
        - name: vlan29
  - name: bond0
    type: bond
    state: up
    mac-address: 52:54:00:12:34:56
    link-aggregation:
      mode: 802.3ad
      options:
        miimon: '140'
        lacp_rate: 1
      slaves:
        - eth2
        - eth1
"""

# After linuxbrige_eth1_up_port_vlan.yml.
PORT_VLAN = """
interfaces:
  - name: linux-br0
    type: linux-bridge
    state: up
    bridge:
      port:
        - name: eth1
          stp-hairpin-mode: false
          stp-path-cost: 100
          stp-priority: 32
          vlan:
            mode: trunk
            trunk-tags:
              - id: 101
              - id-range: {min: 500, max: 599}
            tag: 100
            enable-native: true
"""


def test_a_bond_under_a_vlan_under_a_bridge() -> None:
    vlan29, br29, bond0 = parse(text.read(BOND_VLAN_BRIDGE)).interfaces
    assert vlan29.vlan == Vlan("bond0", 29)
    assert br29.ports == ("vlan29",)
    assert bond0.mac == "52:54:00:12:34:56"
    assert bond0.bond == Bond(BondMode.LACP, ("eth1", "eth2"), (("lacp_rate", "fast"), ("miimon", 140)))


def test_vlans_of_a_port() -> None:
    (bridge,) = parse(text.read(PORT_VLAN)).interfaces
    options = (("stp-hairpin-mode", False), ("stp-path-cost", 100), ("stp-priority", 32))
    vlan = PortVlan(PortMode.TRUNK, 100, True, ((101, 101), (500, 599)))
    assert bridge.bridge is not None
    assert bridge.bridge.details == (BridgePort("eth1", vlan, options),)


def test_what_is_written_is_read_again() -> None:
    document = {
        "interfaces": [{"name": "on", "mac-address": "52:54:00:12:34:56", "mtu": 1500, "lldp": {"enabled": True}}]
    }
    assert text.read(text.write(document)) == document


@pytest.mark.parametrize("bad", ["- a list", "a: [", "", "!!python/object:os.system {}", "a: b: c"])
def test_what_is_no_document(bad: str) -> None:
    with pytest.raises(BadText):
        text.read(bad)
