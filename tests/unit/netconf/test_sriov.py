"""Virtual functions: what is said, who is asked first, and what they need of the backends."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dbus_fast import Variant

from netconf.change_store import ChangeStore
from netconf.document import parse, render
from netconf.errors import ChangeFailed, FunctionInUse, FunctionsOfOthers, NoSriov, Refused, TooManyFunctions
from netconf.facade import Network
from netconf.kernel import convergence, sriov
from netconf.kernel.backend import Kernel
from netconf.kernel.diff import diff
from netconf.kernel.operations import Operation, SetLinkUp, SetNumVfs
from netconf.kernel.sriov import Functions, enable, functions
from netconf.kernel.state import KernelState, Link
from netconf.kinds import Bridge, Sriov, Vlan
from netconf.model import Interface, LinkState, LinkType, NetworkState
from netconf.networkmanager.known import known, with_known
from netconf.networkmanager.sriov import check
from netconf.networkmanager.work import work
from netconf.planning.drift import drift
from netconf.planning.merge import expected_state
from netconf.planning.plan import plan
from netconf.planning.unavailable import prune_unavailable
from netconf.why import why_interface
from tests.fakes.kernel import FakeKernel
from tests.integration.netconf.contract import Stage, check_case
from tests.integration.netconf.sriov_cases import COUNTS, nic
from tests.unit.netconf.states import OFF, STATIC


def eth(number: int, vfs: Sriov | None = None, **more: Any) -> Interface:
    plain = Interface(f"eth{number}", mac=f"52:54:00:00:00:0{number}", mtu=1500, ipv4=OFF, ipv6=OFF, sriov=vfs)
    return replace(plain, **more)


def desired_nic(vfs: int, **more: Any) -> Interface:
    return replace(Interface("eth0", sriov=Sriov(vfs)), **more)


NONE = NetworkState((eth(0, Sriov(0, 7, asked=0)), eth(1)), ())
TWO = NetworkState((eth(0, Sriov(2, 7, asked=2)), eth(1), eth(2, vf_of="eth0"), eth(3, vf_of="eth0")), ())


def descriptions(desired: Interface, observed: NetworkState) -> list[str]:
    return [step.description for step in plan(NetworkState((desired,)), observed)]


def with_vf(**more: Any) -> NetworkState:
    """`TWO`, where more is known of eth2."""
    return NetworkState(tuple(replace(i, **more) if i.name == "eth2" else i for i in TWO.interfaces), ())


def test_another_number() -> None:
    assert descriptions(desired_nic(4), NONE) == ["Give eth0 4 virtual functions (it has 0)"]
    assert descriptions(desired_nic(1), TWO) == ["Give eth0 1 virtual function (it has 2)"]
    assert descriptions(desired_nic(2), TWO) == []
    assert descriptions(Interface("eth0"), TWO) == []
    assert descriptions(desired_nic(0), TWO) == ["Give eth0 0 virtual functions (it has 2)"]


def test_none_on_a_nic_that_cannot_have_any_are_so_anyway() -> None:
    assert descriptions(Interface("eth1", sriov=Sriov(0)), NONE) == []


def test_a_nic_without_configuration_has_none() -> None:
    gone = Interface("eth0", LinkType.ETHERNET, LinkState.ABSENT)
    assert descriptions(gone, TWO) == ["Take the configuration of eth0 away"]
    assert descriptions(gone, NONE) == []
    of_others = NetworkState((eth(0, Sriov(2, 7)), *TWO.interfaces[1:]))
    assert descriptions(gone, of_others) == []


@pytest.mark.parametrize(
    ("desired", "observed", "error", "message"),
    [
        (desired_nic(8), NONE, TooManyFunctions, "7 at most"),
        (Interface("eth1", sriov=Sriov(1)), NONE, NoSriov, "Cannot give eth1 1 virtual function"),
        (desired_nic(4), with_vf(ipv4=STATIC), FunctionInUse, "eth2 has the address 192.0.2.11/24"),
        (desired_nic(0), with_vf(controller="br0"), FunctionInUse, "eth2 is a port of br0"),
        (
            Interface("eth0", LinkType.ETHERNET, LinkState.ABSENT),
            with_vf(controller="br0"),
            FunctionInUse,
            "eth2 is a port of br0",
        ),
        (
            desired_nic(4),
            replace(TWO, interfaces=(*TWO.interfaces, Interface("v", LinkType.VLAN, vlan=Vlan("eth3", 7)))),
            FunctionInUse,
            "eth3 carries v",
        ),
        (
            desired_nic(4),
            NetworkState((eth(0, Sriov(2, 7, ("0000:01:10.2",), asked=2)), *TWO.interfaces[1:])),
            FunctionInUse,
            "0000:01:10.2 belongs to a VM",
        ),
    ],
)
def test_what_cannot_be(desired: Interface, observed: NetworkState, error: type[Refused], message: str) -> None:
    with pytest.raises(error, match=message):
        plan(NetworkState((desired,)), observed)


def test_one_that_is_wished_to_be_something_is_in_use() -> None:
    with pytest.raises(FunctionInUse, match="eth2 is named in the document"):
        plan(NetworkState((desired_nic(4), Interface("eth2", ipv4=STATIC))), TWO)


def test_freed_in_the_same_document_it_may_go() -> None:
    desired = NetworkState((desired_nic(0), Interface("eth2", LinkType.ETHERNET, LinkState.ABSENT)))
    assert plan(desired, with_vf(ipv4=STATIC))[0].description == "Give eth0 0 virtual functions (it has 2)"


def test_they_come_and_go_and_that_is_no_drift() -> None:
    assert drift(NetworkState((TWO.interfaces[0],)), TWO) == ()
    assert drift(TWO, NONE)[0].description == "Give eth0 2 virtual functions (it has 0)"


def test_without_the_hardware_the_rest_of_what_was_confirmed_comes_true() -> None:
    confirmed = NetworkState((desired_nic(3, ipv4=STATIC), Interface("eth2", ipv4=STATIC)), ())
    bare = NetworkState((eth(0),), ())
    assert prune_unavailable(confirmed, bare).interfaces == (Interface("eth0", ipv4=STATIC),)
    assert prune_unavailable(confirmed, NONE).interfaces == (desired_nic(3, ipv4=STATIC),)


def test_a_document_shows_how_many_and_can_be_wished_for() -> None:
    shown: dict[str, Any] = render(TWO)
    assert [i.get("ethernet") for i in shown["interfaces"]] == [{"sr-iov": {"total-vfs": 2}}, None, None, None]
    assert plan(parse(shown), TWO) == ()


def test_it_is_explained() -> None:
    assert "It has 2 virtual functions of 7 that its hardware can have" in why_interface(TWO.interfaces[0], TWO, ())
    assert "It is a virtual function of eth0" in why_interface(TWO.interfaces[2], TWO, ())


def profile_group(wanted: Interface, observed: NetworkState) -> object:
    """What NetworkManager is told of virtual functions; None: nothing."""
    desired = NetworkState((wanted,))
    todo = work(desired, observed, plan(desired, observed), change="c1", new_uuid=lambda: "uuid")
    check(todo.touched, desired, observed)
    return {key: value.value for key, value in todo.profiles[0].settings.get("sriov", {}).items()}


OF_OTHERS = NetworkState((eth(0, Sriov(2, 7)), *TWO.interfaces[1:]), ())


def test_networkmanager_is_told_a_number_that_is_wished_for_or_that_it_knows() -> None:
    assert profile_group(desired_nic(4), NONE) == {"total-vfs": 4}
    assert profile_group(desired_nic(0), TWO) == {"total-vfs": 0}
    assert profile_group(Interface("eth0", mtu=1400), TWO) == {"total-vfs": 2}
    assert profile_group(Interface("eth0", mtu=1400), OF_OTHERS) == {}
    assert profile_group(desired_nic(2, mtu=1400), OF_OTHERS) == {}
    assert profile_group(Interface("eth1", mtu=1400, sriov=Sriov(0)), NONE) == {}


def test_what_networkmanager_could_not_bring_back_is_refused() -> None:
    with pytest.raises(FunctionsOfOthers, match="it has 2 virtual functions, and its profile asks for none"):
        profile_group(desired_nic(4), OF_OTHERS)


def test_networkmanager_takes_them_away_whenever_it_starts_the_nic() -> None:
    with pytest.raises(FunctionInUse, match="eth2 has the address"):
        profile_group(Interface("eth0", mtu=1400), with_vf(ipv4=STATIC))
    bridge = Interface("br0", LinkType.LINUX_BRIDGE, bridge=Bridge(("eth0",)))
    with pytest.raises(FunctionInUse, match="eth2 has the address"):
        profile_group(bridge, with_vf(ipv4=STATIC))


def test_a_profile_that_asks_for_another_number_is_not_started() -> None:
    """NetworkManager would make it that number, though nothing was said of it."""
    others = NetworkState((eth(0, Sriov(2, 7, asked=0)), *TWO.interfaces[1:]))
    with pytest.raises(FunctionsOfOthers, match="it has 2 virtual functions, and its profile asks for none"):
        profile_group(Interface("eth0", mtu=1400), others)


def test_whether_a_profile_asks_for_them() -> None:
    plain = OF_OTHERS.interfaces[0]
    assert with_known(plain, known({"sriov": {"total-vfs": Variant("u", 2)}})).sriov == Sriov(2, 7, asked=2)
    assert with_known(plain, known({"sriov": {}})).sriov == Sriov(2, 7, asked=0)
    assert with_known(plain, known({})).sriov == Sriov(2, 7)
    assert with_known(eth(1), known({"sriov": {}})).sriov is None


def test_a_removed_configuration_takes_them_along() -> None:
    desired = NetworkState((Interface("eth0", LinkType.ETHERNET, LinkState.ABSENT),))
    assert [i.sriov for i in expected_state(desired, TWO).interfaces if i.name == "eth0"] == [Sriov(0)]


@pytest.fixture
def devices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What sysfs shows of a NIC with two virtual functions, one of which a VM has, and of one that has none."""
    monkeypatch.setattr(sriov, "DEVICES", tmp_path)
    nic = tmp_path / "0000:01:00.0"
    for number, driver in enumerate(("igbvf", "vfio-pci")):
        device = tmp_path / f"0000:01:10.{number * 2}"
        device.mkdir()
        (device / "driver").symlink_to(f"../drivers/{driver}")
        nic.mkdir(exist_ok=True)
        (nic / f"virtfn{number}").symlink_to(f"../{device.name}")
    for name, text in (("total", "7\n"), ("num", "2\n")):
        (nic / f"sriov_{name}vfs").write_text(text)
    (tmp_path / "0000:02:00.0").mkdir()
    return tmp_path


def test_what_sysfs_tells(devices: Path) -> None:
    assert functions("0000:01:00.0") == Functions(7, ("0000:01:10.0", "0000:01:10.2"), ("0000:01:10.2",))
    assert functions("0000:02:00.0") is None
    (devices / "0000:01:00.0" / "sriov_totalvfs").write_text("0\n")  # turned off in its firmware
    assert functions("0000:01:00.0") is None


def test_what_sysfs_is_told(devices: Path) -> None:
    enable("0000:01:00.0", 3)
    assert (devices / "0000:01:00.0" / "sriov_numvfs").read_text() == "3"
    enable("0000:01:00.0", 0)
    assert (devices / "0000:01:00.0" / "sriov_numvfs").read_text() == "0"
    with pytest.raises(FileNotFoundError):
        enable("0000:09:00.0", 1)


SYSCTLS = {"disable_ipv6": "0", "accept_ra": "1", "autoconf": "1", "addr_gen_mode": "0"}
HARDWARE = KernelState(
    tuple(
        Link(f"eth{n}", up=True, mac=f"52:54:00:00:01:0{n}", mtu=1500, alias="", sysctls=SYSCTLS, vfs=vfs)
        for n, vfs in ((0, None), (1, 0))
    )
)


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> FakeKernel:
    monkeypatch.setattr(convergence, "_PAUSE_S", 0)
    return FakeKernel(HARDWARE)


def backend(kernel: FakeKernel, folder: Path) -> Kernel:
    return Kernel(folder=folder / "changes", executor=lambda _: kernel, watch=lambda *_: None)


async def test_the_kernel_alone_gives_and_takes_them(kernel: FakeKernel, tmp_path: Path) -> None:
    async def ask(*_: str) -> str:
        raise AssertionError("nothing to ask in memory")

    bare = replace(COUNTS, stages=tuple(Stage(stage.document) for stage in COUNTS.stages))
    await check_case(Network(backend(kernel, tmp_path)), bare, ask)


def test_a_nic_is_up_before_it_gets_some() -> None:
    link = Link("eth1", up=False, vfs=0)
    first, second, *_ = diff(KernelState((link,)), KernelState((replace(link, up=True, vfs=2),)))
    assert (first, second) == (SetLinkUp("eth1", True), SetNumVfs("eth1", 2))


async def test_a_nic_that_does_not_want_to(kernel: FakeKernel, tmp_path: Path) -> None:
    def no_room(operation: Operation) -> str | None:
        return "Cannot allocate memory" if isinstance(operation, SetNumVfs) and operation.vfs == 3 else None

    kernel.refuses = no_room
    with pytest.raises(ChangeFailed, match=r"Cannot allocate memory.*the earlier configuration is back"):
        await Network(backend(kernel, tmp_path)).change({"interfaces": [nic(vfs=3)]})
    assert kernel.now == HARDWARE


async def test_after_a_boot_they_are_there_with_what_was_on_them(kernel: FakeKernel, tmp_path: Path) -> None:
    network = Network(backend(kernel, tmp_path), ChangeStore(tmp_path / "kept"))
    on_it = nic("eth1v1", ipv4={"enabled": True, "address": [{"ip": "203.0.113.11", "prefix-length": 24}]})
    for document in ({"interfaces": [nic(vfs=2)]}, {"interfaces": [on_it]}):
        change = await network.change(document)
        assert change.checkpoint is not None
        await network.confirm(change.checkpoint)
    booted = FakeKernel(HARDWARE)
    (tmp_path / "booted").mkdir()
    network = Network(backend(booted, tmp_path / "booted"), ChangeStore(tmp_path / "kept"))
    assert (await network.apply_confirmed()).changed
    assert {held.link: held.ip for held in booted.now.addresses} == {"eth1": "198.51.100.11", "eth1v1": "203.0.113.11"}
    assert await network.drift() == ()
    assert not (await network.apply_confirmed()).changed
