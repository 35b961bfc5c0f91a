"""The kernel backend held to the contract without root: the layouts of the integration tests, in memory."""

import asyncio
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from netconf.errors import ChangeFailed, NotByKernel, NoWayBack
from netconf.facade import Network
from netconf.kernel import convergence
from netconf.kernel.backend import Kernel
from netconf.kernel.changes import Changes, State
from netconf.kernel.operations import CreateLink, Operation
from netconf.kernel.state import KernelAddress, KernelState, Link
from tests.fakes.kernel import FakeKernel
from tests.integration.netconf.cases import for_backend
from tests.integration.netconf.contract import Case, Stage, check_case
from tests.unit.netconf.states import DOCUMENT

IP = {"ip": "198.51.100.11", "prefix-length": 24}
SYSCTLS = {"disable_ipv6": "0", "accept_ra": "1", "autoconf": "1", "addr_gen_mode": "0"}


def nic(number: int) -> Link:
    name = f"eth{number}" if number else "host0"
    return Link(name, "veth", up=True, mac=f"52:54:00:00:01:0{number}", mtu=1500, alias="", sysctls=SYSCTLS)


def address(link: str) -> KernelAddress:
    return KernelAddress(link, "192.0.2.11", 24)


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convergence, "_PAUSE_S", 0)


@pytest.fixture
def kernel() -> FakeKernel:
    return FakeKernel(KernelState(tuple(map(nic, range(4))), (address("host0"),)))


@pytest.fixture
def backend(kernel: FakeKernel, tmp_path: Path) -> Kernel:
    return Kernel(folder=tmp_path / "changes", executor=lambda _: kernel, watch=lambda *_: None)


def changes(tmp_path: Path) -> Changes:
    return Changes(tmp_path / "changes")


@pytest.mark.parametrize("case", for_backend("kernel"), ids=lambda case: case.name)
async def test_a_layout(backend: Kernel, case: Case) -> None:
    async def ask(*_: str) -> str:
        raise AssertionError("nothing to ask in memory")

    bare = replace(case, stages=tuple(replace(stage, facts=()) for stage in case.stages))
    await check_case(Network(backend), bare, ask)


async def test_what_cannot_be_made_is_taken_back(backend: Kernel, kernel: FakeKernel, tmp_path: Path) -> None:
    before = kernel.now
    kernel.refuses = lambda operation: "no such kind" if isinstance(operation, CreateLink) else None
    with pytest.raises(ChangeFailed, match=r"no such kind.*the earlier configuration is back"):
        await Network(backend).change(DOCUMENT)
    assert kernel.now == before
    assert changes(tmp_path).unfinished() == ()


async def test_taken_back_in_the_middle_it_stops_at_once(backend: Kernel, kernel: FakeKernel, tmp_path: Path) -> None:
    """As by the watchdog: nothing is changed after that."""
    before = kernel.now

    def expire(_: Operation) -> None:
        (change,) = changes(tmp_path).unfinished()
        changes(tmp_path).end(change, State.ROLLING_BACK)

    kernel.refuses = expire
    with pytest.raises(ChangeFailed, match="time was over"):
        await Network(backend).change(DOCUMENT)
    assert kernel.now == before


async def test_the_caller_gives_up(backend: Kernel, kernel: FakeKernel, tmp_path: Path) -> None:
    before, reached, cancelled = kernel.now, asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def report(_: Operation) -> None:
        loop.call_soon_threadsafe(reached.set)
        cancelled.wait(10)

    kernel.refuses = report
    asked = asyncio.create_task(Network(backend).change(DOCUMENT))
    await reached.wait()
    asked.cancel()
    loop.call_later(0.05, cancelled.set)
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert kernel.now == before
    assert changes(tmp_path).unfinished() == ()


async def test_without_a_watchdog_nothing_is_changed(kernel: FakeKernel, tmp_path: Path) -> None:
    def broken(*_: object) -> None:
        raise OSError("no Python here")

    before = kernel.now
    backend = Kernel(folder=tmp_path / "changes", executor=lambda _: kernel, watch=broken)
    with pytest.raises(NoWayBack, match="no Python here"):
        await Network(backend).change(DOCUMENT)
    assert kernel.now == before
    assert (kernel.done, changes(tmp_path).unfinished()) == ([], ())


async def test_all_that_cannot_be_done_is_said_at_once(backend: Kernel, kernel: FakeKernel) -> None:
    ipv6 = {"enabled": True, "autoconf": True, "auto-dns": False, "addr-gen-mode": "stable-privacy"}
    desired = {"name": "eth1", "type": "ethernet", "lldp": {"enabled": True}, "ipv4": {"dhcp": True}, "ipv6": ipv6}
    with pytest.raises(NotByKernel) as said:
        await Network(backend).change({"interfaces": [desired]})
    for place in ("lldp.enabled", "ipv4.dhcp", "ipv6.auto-dns", "ipv6.addr-gen-mode"):
        assert f"interfaces.eth1.{place}" in said.value.text.why
    assert kernel.done == []


async def test_a_tap_of_a_vm_stays_in_its_bridge(backend: Kernel, kernel: FakeKernel) -> None:
    bridge = Link("br0", "bridge", up=True, mac="52:54:00:00:01:09", mtu=1500, alias="", sysctls=SYSCTLS)
    tap = Link("tap0", "tun", up=True, master="br0", mac="fe:54:00:00:00:01", mtu=1500, alias="", sysctls=SYSCTLS)
    kernel.now = replace(kernel.now, links=(*kernel.now.links, bridge, tap))
    desired = {"name": "br0", "type": "linux-bridge", "bridge": {"port": [{"name": "eth1"}]}}
    change = await Network(backend).change({"interfaces": [desired]})
    assert [link.master for name in ("tap0", "eth1") if (link := kernel.now.link(name))] == ["br0", "br0"]
    assert change.checkpoint is not None
    removal = await Network(backend).change({"interfaces": [{"name": "br0", "state": "absent"}]})
    assert kernel.now.link("br0") is None
    assert removal.checkpoint is not None
    await Network(backend).roll_back(removal.checkpoint)
    assert [link.master for name in ("tap0",) if (link := kernel.now.link(name))] == ["br0"]


async def test_router_advertisements_are_the_kernels_own(backend: Kernel, kernel: FakeKernel) -> None:
    desired = {"name": "eth1", "type": "ethernet", "ipv6": {"enabled": True, "autoconf": True}}
    change = await Network(backend).change({"interfaces": [desired]})
    link = kernel.now.link("eth1")
    assert link is not None
    assert (link.sysctls["accept_ra"], link.sysctls["autoconf"]) == ("2", "1")
    assert change.checkpoint is not None
    await Network(backend).roll_back(change.checkpoint)
    assert kernel.now.link("eth1") == nic(1)


async def test_another_tag_makes_a_vlan_anew_with_what_it_was_part_of(backend: Kernel, kernel: FakeKernel) -> None:
    def vlan(tag: int) -> dict[str, object]:
        return {"name": "vlan0", "type": "vlan", "vlan": {"base-iface": "eth1", "id": tag}}

    bridge = {"name": "br0", "type": "linux-bridge", "bridge": {"port": [{"name": "vlan0", "stp-path-cost": 7}]}}
    above = {"name": "vlan1", "type": "vlan", "vlan": {"base-iface": "vlan0", "id": 3}, "ipv4": {"address": [IP]}}
    first = Stage({"interfaces": [vlan(7), bridge, above]})
    vxlan = {"name": "vx0", "type": "vxlan", "vxlan": {"base-iface": "eth2", "id": 7, "remote": "239.1.1.1"}}
    case = Case(
        "tags",
        (first, Stage({"interfaces": [vlan(8), vxlan]}), Stage({"interfaces": [vxlan | {"vxlan": {"id": 8}}]})),
        {"interfaces": [{"name": name, "state": "absent"} for name in ("vlan1", "br0", "vlan0", "vx0")]},
    )

    async def ask(*_: str) -> str:
        link = kernel.now.link("vlan0")
        if link is not None and link.data["IFLA_VLAN_ID"] == 8:
            assert (link.master, link.port["IFLA_BRPORT_COST"]) == ("br0", 7)
            assert [held.ip for held in kernel.now.addresses if held.link == "vlan1"] == [IP["ip"]]
        return "{}"

    facts = ((("ip", "link"), "nothing", None),)
    await check_case(Network(backend), replace(case, stages=tuple(replace(s, facts=facts) for s in case.stages)), ask)
