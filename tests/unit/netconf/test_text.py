"""Documents as nmstate's users write them."""

import re
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

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


class _Core(yaml.SafeLoader):
    """A reader of YAML 1.2: the tags of the core schema as 10.3.2 of the specification (1.2.2) has them."""


_Core.yaml_implicit_resolvers = {}
for _tag, _pattern in (
    ("null", r"null|Null|NULL|~|"),
    ("bool", r"true|True|TRUE|false|False|FALSE"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN"),
):
    _Core.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), None)

# What one reader or another takes for a number, a date, a truth or nothing.
ODD = [
    *("60e1", "1e3", "0x1f", "0X1F", "1_000", "on", "no", "null", "~", "1:20", ".5", "0o17", "2024-01-01"),
    *(
        "On",
        "NO",
        "Y",
        "n",
        "yes",
        "True",
        "FALSE",
        "Null",
        "NULL",
        "",
        "=",
        "<<",
        "-",
        "?",
        "!",
        "&a",
        "*a",
        "%x",
        "@a",
    ),
    *(
        "0",
        "007",
        "08",
        "+1",
        "-1",
        "1.",
        "1.5",
        "-.5",
        "+.5e3",
        "1E+3",
        "1e-3",
        "12e03",
        "6e2",
        "0b101",
        "0B1",
        "-0x1f",
    ),
    *(
        "0o8",
        "1__0",
        "1_",
        "1:20:30",
        "190:20:30.15",
        "52:54:00:12:34:56",
        ".inf",
        "-.INF",
        "+.Inf",
        ".NaN",
        "e1",
        "1e",
    ),
    *("2024-1-1", "2024-01-01 10:00:00", "2001-12-14t21:59:43.10-05:00", "1.2.3", "192.0.2.11", "2001:db8::1", "::1"),
    *(
        " a",
        "a ",
        "a: b",
        "a #b",
        "#a",
        "a\nb",
        "\n",
        "a\tb",
        "'",
        '"',
        "\\",
        "[",
        "{a",
        "- a",
        "---",
        "...",
        "\x85",
        "\u2028",
    ),
]


def _both_ways(document: dict[str, Any]) -> None:
    said = text.write(document)
    assert text.read(said) == document
    for reader in (yaml.SafeLoader, _Core):
        assert yaml.load(said, Loader=reader) == document


@pytest.mark.parametrize("name", ODD)
def test_a_name_that_looks_like_something_else_is_read_again(name: str) -> None:
    _both_ways(
        {"interfaces": [{"name": name, "description": f"{name} {name}"}], "port": [name], "mtu": 1500, "on": True}
    )


_printable = st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff")
_texts = (
    st.text(_printable, max_size=15)
    | st.text("0123456789eExXoObB_+-.:", max_size=8)
    | st.sampled_from(ODD)
    | st.tuples(st.sampled_from(ODD), st.sampled_from(ODD)).map("".join)
)


@given(st.recursive(_texts | st.integers() | st.booleans() | st.none(), lambda one: st.lists(one, max_size=3)))
@example("60e1")
def test_whatever_is_written_is_read_again_by_readers_of_both_versions(value: object) -> None:
    _both_ways({"value": value, "list": [value]})


@pytest.mark.parametrize(
    "plain", ["eth0", "192.0.2.11", "192.0.2.0/24", "2001:db8::1/64", "br-lan", "802.3ad", "bond0.7"]
)
def test_what_cannot_be_mistaken_stands_without_quotes(plain: str) -> None:
    assert text.write({"name": plain}) == f"name: {plain}\n"
