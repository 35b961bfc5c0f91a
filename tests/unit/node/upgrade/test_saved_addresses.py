from pathlib import Path

import pytest

from netconf.change_store import ChangeStore
from netconf.model import Address, Interface, IpConfig, LinkState, NetworkState
from node.upgrade.saved_addresses import confirmed_addresses, missing_addresses, profile_addresses, saved_addresses

BRIDGE = """\
# written by the installer
[connection]
id=br0
type=bridge
interface-name=br0

[ipv4]
method=manual
address1=192.0.2.11/24,192.0.2.1
address2=198.51.100.7/32
dns=192.0.2.53;
addr-gen-mode=1

[ipv6]
method=manual
addresses=2001:db8::11/64,2001:db8::1;fe80::1/64;
"""


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        (BRIDGE, ["192.0.2.11", "198.51.100.7", "2001:db8::11"]),
        (BRIDGE.replace("method=manual", "method=auto"), []),
        (BRIDGE.replace("id=br0", "id=br0\nautoconnect=false"), []),
        ("[ipv4]\nmethod=manual\naddress1=nonsense\n", []),
        ("[user]\nnmstate.%s=100%\n[ipv4]\nmethod=manual\naddress1=192.0.2.1/24\n", ["192.0.2.1"]),
        ("no key file", []),
        ("", []),
    ],
)
def test_profiles(text: str, addresses: list[str]) -> None:
    assert list(profile_addresses(text)) == addresses


def test_of_all_profiles(tmp_path: Path) -> None:
    (tmp_path / "br0.nmconnection").write_text(BRIDGE)
    (tmp_path / "eth0.nmconnection").write_text("[ipv4]\nmethod=disabled\n")
    (tmp_path / "old.bak").write_text(BRIDGE.replace("192.0.2.11", "192.0.2.12"))
    assert saved_addresses(tmp_path) == ("192.0.2.11", "198.51.100.7", "2001:db8::11")


def test_without_profiles_what_was_confirmed(tmp_path: Path) -> None:
    own = IpConfig(enabled=True, addresses=(Address("192.0.2.9", 24),))
    leased = IpConfig(enabled=True, dhcp=True, addresses=(Address("192.0.2.8", 24),))
    up, down = Interface("eth0", ipv4=own), Interface("eth2", state=LinkState.DOWN, ipv4=own)
    state = NetworkState((up, Interface("eth1", ipv4=leased), down))
    assert list(confirmed_addresses(state)) == ["192.0.2.9"]
    store = ChangeStore(tmp_path / "kept")
    assert saved_addresses(tmp_path, store) == ()
    store.confirming(NetworkState((up,)))
    store.confirm()
    assert saved_addresses(tmp_path, store) == ("192.0.2.9",)


def test_addresses_are_compared_as_such() -> None:
    assert missing_addresses(("2001:db8:0::11", "192.0.2.1"), ["2001:db8::11"]) == ["192.0.2.1"]
