"""What a NIC with SR-IOV is put through, by each backend: eth1 can have seven virtual functions, eth0 none."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from netconf import text
from netconf.document import parse, render
from netconf.errors import BadDocument, FunctionInUse, FunctionsOfOthers, NoSriov, Refused, TooManyFunctions
from netconf.facade import Network
from tests.integration.netconf.contract import Case, Document, Stage, at, expect_restored, plain
from tests.integration.netconf.sections import ADDRESS, HERE, OFF, bridge, up, v4
from tests.integration.netconf.world import Ask

_DEVICE = Path("/sys/class/net/eth1/device")
_SOON_S = 30
_TIMEOUT_S = 300  # an emulated machine on busy cores is slow


def nic(name: str = "eth1", *, vfs: int | None = None, **more: Any) -> Document:
    hardware = {} if vfs is None else {"ethernet": {"sr-iov": {"total-vfs": vfs}}}
    return up(name, "ethernet", ipv4=ADDRESS) | hardware | more


def _stage(vfs: int, **more: Any) -> Stage:
    link = ("ip", "-j", "-d", "link", "show", "eth1")
    last = ((link, f"0.vfinfo_list.{vfs - 1}.vf", vfs - 1),) if vfs else ()
    held = (("ip", "-j", "-4", "address", "show", "eth1"), "0.addr_info.0.local", HERE)
    return Stage({"interfaces": [nic(vfs=vfs, **more)]}, (held, *last, (link, f"0.vfinfo_list.{vfs}", None)))


_NONE = {"interfaces": [{"name": "eth1", "type": "ethernet", "state": "absent"}]}
COUNTS = Case("counts", (_stage(3), _stage(2, mtu=1400), _stage(0, mtu=1500)), _NONE)


def functions() -> list[str]:
    """The interfaces of the virtual functions of eth1, as sysfs has them."""
    return sorted(path.name for path in _DEVICE.glob("virtfn*/net/*"))


async def rolls_back_by_itself(network: Network, ask: Ask) -> None:
    before = plain(await network.observe())
    change = await network.change({"interfaces": [nic(vfs=3)]}, confirm_within_s=_SOON_S)
    assert "Give eth1 3 virtual functions (it has 0)" in change.descriptions, change.descriptions
    assert functions() == ["eth3", "eth4", "eth5"]
    for _ in range(_TIMEOUT_S):
        if not functions():
            await expect_restored(network, before, "gone back")
            return
        await asyncio.sleep(1)
    raise AssertionError(f"not back: {functions()}")


async def more_than_there_can_be(network: Network, ask: Ask) -> None:
    before = plain(await network.observe())
    await _refused(network, TooManyFunctions, nic(vfs=8))
    await _refused(network, NoSriov, nic("eth0", vfs=1))
    await _refused(network, NoSriov, nic(vfs=2), nic("eth0", vfs=1, ipv4=OFF))
    await expect_restored(network, before, "refused")


async def one_that_has_an_address_stays(network: Network, ask: Ask) -> None:
    async with _having(network, nic(vfs=2)):
        vf = nic("eth4", ipv4=v4("203.0.113.11"))
        await _confirmed(network, vf)
        for desired in (nic(vfs=0), nic(vfs=3), _NONE["interfaces"][0]):
            assert "eth4 has the address 203.0.113.11/24" in await _refused(network, FunctionInUse, desired)
        assert "eth4 is named in the document" in await _refused(network, FunctionInUse, nic(vfs=3), vf)
        assert functions() == ["eth3", "eth4"]
        held = json.loads(await ask("ip", "-j", "-4", "address", "show", "eth4"))
        assert at(held, "0.addr_info.0.local") == "203.0.113.11", held
        away: Document = {"name": "eth4", "state": "absent"}
        if network.backend == "nmstate":
            await _refused(network, BadDocument, nic(vfs=0), away)
            await _confirmed(network, away)
        await _confirmed(network, nic(vfs=0), *(() if network.backend == "nmstate" else (away,)))
        assert functions() == []


async def one_in_a_bridge_stays(network: Network, ask: Ask) -> None:
    async with _having(network, nic(vfs=2)):
        await _confirmed(network, bridge("br0", "eth3"))
        assert "eth3 is a port of br0" in await _refused(network, FunctionInUse, nic(vfs=3))
        assert at(json.loads(await ask("ip", "-j", "link", "show", "eth3")), "0.master") == "br0"
        await _confirmed(network, {"name": "br0", "state": "absent"})


async def one_of_a_vm_stays(network: Network, ask: Ask) -> None:
    async with _having(network, nic(vfs=2)):
        device = (_DEVICE / "virtfn1").readlink().name
        await ask("sh", "-c", f"cd /sys/bus/pci/devices/{device} && {_TO_VFIO}".replace("DEVICE", device))
        assert functions() == ["eth3"]
        assert f"{device} belongs to a VM" in await _refused(network, FunctionInUse, nic(vfs=3))
        await ask("sh", "-c", f"cd /sys/bus/pci/devices/{device} && {_FROM_VFIO}".replace("DEVICE", device))


_TO_VFIO = "echo vfio-pci >driver_override && echo DEVICE >driver/unbind && echo DEVICE >/sys/bus/pci/drivers_probe"
_FROM_VFIO = "echo >driver_override && echo DEVICE >driver/unbind && echo DEVICE >/sys/bus/pci/drivers_probe"


async def those_of_others(network: Network, ask: Ask) -> None:
    """Made by a boot script, say. NetworkManager could not bring them back, and leaves them alone."""
    await _confirmed(network, nic())
    (_DEVICE / "sriov_numvfs").write_text("2")
    try:
        if network.backend == "nmstate":  # its profile says none, and would have none again
            await _refused(network, Refused, nic(mtu=1400))
            return
        await _there_and_back(network, nic(mtu=1400), 2)
        if network.backend == "networkmanager":
            await _refused(network, FunctionsOfOthers, nic(vfs=3))
        else:
            await _there_and_back(network, nic(vfs=3), 3)
    finally:
        (_DEVICE / "sriov_numvfs").write_text("0")
        await _confirmed(network, *_NONE["interfaces"])


async def _there_and_back(network: Network, desired: Document, vfs: int) -> None:
    before = functions()
    change = await network.change({"interfaces": [desired]}, confirm_within_s=_TIMEOUT_S)
    assert change.checkpoint is not None
    assert len(functions()) == vfs
    await network.roll_back(change.checkpoint)
    assert functions() == before


async def shown_it_is_a_wish_that_is_fulfilled(network: Network, ask: Ask) -> None:
    async with _having(network, nic(vfs=2)):
        observed = await network.observe()
        shown: Document = text.read(text.write(render(observed)))
        hardware = {interface["name"]: interface.get("ethernet") for interface in shown["interfaces"]}
        some, none = ({"sr-iov": {"total-vfs": number}} for number in (2, 0))
        without = dict.fromkeys(("eth0", "eth3", "eth4", "lo"))
        assert hardware == {"eth1": some, "eth2": none, **without}
        assert {i.name: i.vf_of for i in observed.interfaces if i.vf_of} == {"eth3": "eth1", "eth4": "eth1"}
        assert await network.plan(parse(shown)) == ()


async def _confirmed(network: Network, *desired: Document) -> None:
    change = await network.change({"interfaces": list(desired)}, confirm_within_s=_TIMEOUT_S)
    if change.checkpoint is not None:
        await network.confirm(change.checkpoint)


async def _refused(network: Network, error: type[Refused], *desired: Document) -> str:
    """What was said, in words."""
    before = functions()
    try:
        await network.change({"interfaces": list(desired)}, confirm_within_s=_TIMEOUT_S)
    except error as err:
        assert functions() == before
        return str(err)
    raise AssertionError(f"not refused: {desired}")


@asynccontextmanager
async def _having(network: Network, desired: Document) -> AsyncIterator[None]:
    await _confirmed(network, desired)
    try:
        yield
    finally:
        await _confirmed(network, *_NONE["interfaces"])


SCENARIOS = {
    found.__name__.replace("_", "-"): found
    for found in (
        rolls_back_by_itself,
        more_than_there_can_be,
        one_that_has_an_address_stays,
        one_in_a_bridge_stays,
        one_of_a_vm_stays,
        those_of_others,
        shown_it_is_a_wish_that_is_fulfilled,
    )
}
