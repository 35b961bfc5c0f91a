"""What is made of a confirmed network when some of its NICs are gone."""

from dataclasses import replace
from pathlib import Path

from netconf.change_store import ChangeStore
from netconf.facade import Network
from netconf.kinds import Bond, BondMode, Bridge, Vlan, Vxlan
from netconf.model import Interface, LinkType, NetworkState, Route
from netconf.planning.unavailable import prune_unavailable
from tests.fakes.network import FakeNetwork
from tests.unit.netconf.states import BEFORE, DOCUMENT, OFF, nic

DESIRED = NetworkState(
    (
        Interface("eth0", ipv4=OFF),
        Interface("eth1", ipv4=OFF),
        Interface("eth2", ipv4=OFF),
        Interface("bond0", LinkType.BOND, bond=Bond(BondMode.ACTIVE_BACKUP, ("eth0", "eth1"), (("primary", "eth1"),))),
        Interface("bond0.7", LinkType.VLAN, vlan=Vlan("bond0", 7)),
        Interface("br7", LinkType.LINUX_BRIDGE, bridge=Bridge(("bond0.7",))),
        Interface("eth2.9", LinkType.VLAN, vlan=Vlan("eth2", 9)),
        Interface("br9", LinkType.LINUX_BRIDGE, bridge=Bridge(("eth2.9",))),
    ),
    (Route("0.0.0.0/0", "192.0.2.1", "br7"), Route("203.0.113.0/24", "198.51.100.1", "eth2.9")),
)


def having(*names: str) -> NetworkState:
    return NetworkState(tuple(nic(name, OFF) for name in names))


def test_all_there_all_made() -> None:
    assert prune_unavailable(DESIRED, having("eth0", "eth1", "eth2")) == DESIRED


def test_what_stands_on_nothing_is_made() -> None:
    made = (Interface("dummy0", LinkType.DUMMY), Interface("vx7", LinkType.VXLAN, vxlan=Vxlan(7)))
    desired = NetworkState(made, ())
    assert prune_unavailable(desired, having("eth0")) == desired


def test_a_bond_goes_on_with_the_nic_that_is_left() -> None:
    found = prune_unavailable(DESIRED, having("eth0", "eth2"))
    assert [i.name for i in found.interfaces] == ["eth0", "eth2", "bond0", "bond0.7", "br7", "eth2.9", "br9"]
    bond = found.interface("bond0")
    assert bond is not None
    assert bond.bond == Bond(BondMode.ACTIVE_BACKUP, ("eth0",))


def test_what_stands_on_a_missing_nic_is_left_out_with_its_routes() -> None:
    found = prune_unavailable(DESIRED, having("eth0", "eth1"))
    assert [i.name for i in found.interfaces] == ["eth0", "eth1", "bond0", "bond0.7", "br7", "br9"]
    bridge = found.interface("br9")
    assert bridge is not None
    assert bridge.ports == ()
    assert found.routes == DESIRED.routes[:1] if DESIRED.routes else False


async def test_after_a_boot_it_is_as_confirmed(tmp_path: Path) -> None:
    fake = FakeNetwork(BEFORE)
    network = Network(fake, ChangeStore(tmp_path))
    change = await network.change(DOCUMENT)
    assert change.checkpoint is not None
    await network.confirm(change.checkpoint)
    confirmed = fake.now
    anew = FakeNetwork(BEFORE)
    assert (await Network(anew, ChangeStore(tmp_path)).apply_confirmed()).changed
    assert (anew.now, anew.pending) == (confirmed, None)
    assert not (await Network(anew, ChangeStore(tmp_path)).apply_confirmed()).changed


async def test_after_a_boot_with_nothing_confirmed(tmp_path: Path) -> None:
    fake = FakeNetwork(BEFORE)
    said = await Network(fake, ChangeStore(tmp_path)).apply_confirmed()
    assert (said.changed, said.descriptions, fake.now) == (False, ("Nothing was ever confirmed",), BEFORE)


async def test_after_a_boot_without_its_nic(tmp_path: Path) -> None:
    fake = FakeNetwork(BEFORE)
    network = Network(fake, ChangeStore(tmp_path))
    change = await network.change(DOCUMENT)
    assert change.checkpoint is not None
    await network.confirm(change.checkpoint)
    bare = FakeNetwork(replace(BEFORE, interfaces=(), routes=()))
    said = await Network(bare, ChangeStore(tmp_path)).apply_confirmed()
    made = bare.now.interface("ovirtmgmt")
    assert made is not None, said
    assert made.ports == ()
