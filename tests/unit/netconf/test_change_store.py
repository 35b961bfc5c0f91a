"""What is remembered of changes: by other processes, over power cuts, and on disks that take nothing."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from netconf import change_store
from netconf.backend import NOTHING
from netconf.change_store import ChangeStore, Ended, confirmed_state
from netconf.document import parse
from netconf.errors import ChangePending, CheckpointGone
from netconf.facade import Network
from netconf.model import Checkpoint, Interface, LinkState, LinkType, NetworkState
from netconf.planning.plan import Step
from netconf.uptime import boot_id, uptime_s
from tests.fakes.network import FakeNetwork
from tests.unit.netconf.states import AFTER, BEFORE, DOCUMENT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "netconf"


@pytest.fixture
def fake() -> FakeNetwork:
    return FakeNetwork(BEFORE)


@pytest.fixture
def network(fake: FakeNetwork, folder: Path) -> Network:
    return Network(fake, ChangeStore(folder))


async def test_another_process_confirms(network: Network, fake: FakeNetwork, folder: Path) -> None:
    change = await network.change(DOCUMENT, confirm_within_s=20)
    other = Network(fake, ChangeStore(folder))
    pending = await other.pending()
    assert pending is not None
    assert (pending.checkpoint, pending.backend, pending.descriptions) == (
        change.checkpoint,
        "fake",
        change.descriptions,
    )
    assert pending.checkpoint is not None
    assert 15 < pending.left_s <= 20
    await other.confirm(pending.checkpoint)
    assert await other.pending() is None
    last = other.last()
    assert last is not None
    assert (last.confirmed, last.descriptions) == (True, change.descriptions)
    assert await other.drift() == ()


async def test_taps_are_plugged_in_again_by_whoever_settles(folder: Path) -> None:
    tap = Interface("vnet0", LinkType.TUN, controller="br0")
    fake = FakeNetwork(replace(BEFORE, interfaces=(*BEFORE.interfaces, tap)))
    await Network(fake, ChangeStore(folder)).change(DOCUMENT)
    await Network(fake, ChangeStore(folder)).roll_back_unconfirmed()
    assert fake.plugged == {"vnet0": "br0"}


async def test_a_process_that_dies_while_it_changes_leaves_word(folder: Path) -> None:
    class _Died(BaseException):
        pass

    class _Deadly(FakeNetwork):
        async def apply(self, desired: NetworkState, steps: tuple[Step, ...], confirm_within_s: int) -> Checkpoint:
            raise _Died

    fake = _Deadly(BEFORE)
    network = Network(fake, ChangeStore(folder))
    with pytest.raises(_Died):
        await network.change(DOCUMENT)
    pending = await network.pending()
    assert pending is not None
    assert pending.checkpoint is None


async def test_its_time_is_over(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    await network.change(DOCUMENT, confirm_within_s=50)
    assert not network.is_over()
    later = uptime_s() + 60
    monkeypatch.setattr("netconf.change_store.uptime_s", lambda: later)
    assert network.is_over()
    await network.roll_back_unconfirmed()
    assert not network.is_over()


@pytest.mark.parametrize("asks", ["settle", "change"])
async def test_what_another_process_begins_meanwhile_is_not_ended(folder: Path, asks: str) -> None:
    class _Overtaken(FakeNetwork):
        async def roll_back_unconfirmed(self, plugged: Mapping[str, str] = NOTHING) -> None:
            await super().roll_back_unconfirmed(plugged)
            if self.expired_rollbacks == 2:
                await Network(self, ChangeStore(folder)).change(DOCUMENT)

    fake = _Overtaken(BEFORE)
    mtu = {"interfaces": [{"name": "host0", "mtu": 1400}]}
    await Network(fake, ChangeStore(folder)).change(mtu)
    network = Network(fake, ChangeStore(folder))
    with pytest.raises(ChangePending):
        await (network.roll_back_unconfirmed() if asks == "settle" else network.change(mtu))
    waits = await network.pending()
    assert waits is not None
    assert (waits.document, waits.checkpoint) == (DOCUMENT, fake.pending)


async def test_nothing_is_confirmed_before_anything_was(network: Network) -> None:
    assert await network.drift() is None


async def test_what_was_confirmed_and_has_changed_since_is_drift(network: Network, fake: FakeNetwork) -> None:
    change = await network.change(DOCUMENT)
    assert change.checkpoint is not None
    await network.confirm(change.checkpoint)
    fake.now = BEFORE
    steps = await network.drift()
    assert steps is not None
    assert steps[0].description == "Make the bridge ovirtmgmt over host0 with 192.0.2.11/24"


async def test_a_nic_that_is_gone_is_drift_and_does_not_hide_the_rest(network: Network, fake: FakeNetwork) -> None:
    change = await network.change(DOCUMENT)
    assert change.checkpoint is not None
    await network.confirm(change.checkpoint)
    fake.now = NetworkState()
    steps = await network.drift()
    assert steps is not None
    said = [step.description for step in steps]
    assert any("host0" in descriptions and "none of that name" in descriptions for descriptions in said), said
    assert any("ovirtmgmt" in descriptions and "host0" not in descriptions for descriptions in said), said


async def test_a_change_that_went_back_says_so(network: Network, fake: FakeNetwork) -> None:
    change = await network.change(DOCUMENT)
    fake.expire()
    assert change.checkpoint is not None
    with pytest.raises(CheckpointGone):
        await network.confirm(change.checkpoint)
    last = network.last()
    assert last is not None
    assert (last.confirmed, last.why) == (False, "its time was over before it was confirmed")
    assert await network.drift() is None


async def test_settled_it_was_not_confirmed_in_time(network: Network) -> None:
    await network.change(DOCUMENT)
    await network.roll_back_unconfirmed()
    last = network.last()
    assert last is not None
    assert last.why == "nobody confirmed it in time"


async def test_a_change_from_before_the_machine_began_anew(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    await network.change(DOCUMENT)
    monkeypatch.setattr("netconf.change_store.boot_id", lambda: "another")
    monkeypatch.setattr("netconf.facade.boot_id", lambda: "another")
    assert await network.pending() is None
    await network.roll_back_unconfirmed()
    last = network.last()
    assert last is not None
    assert last.why == "the machine began anew before it was confirmed"


@pytest.mark.parametrize("applied", [True, False])
async def test_the_power_is_cut_while_it_is_confirmed(
    network: Network, fake: FakeNetwork, folder: Path, applied: bool
) -> None:
    change = await network.change(DOCUMENT)
    ChangeStore(folder).confirming(confirmed_state(fake.now, parse(DOCUMENT), None))
    if applied:
        assert change.checkpoint is not None
        await fake.confirm(change.checkpoint)
    else:
        fake.expire()
    await Network(fake, ChangeStore(folder)).roll_back_unconfirmed()
    assert (ChangeStore(folder).confirmed() is not None) is applied
    assert ChangeStore(folder).half_confirmed() is None
    last = network.last()
    assert last is not None
    assert last.confirmed is applied


async def test_a_folder_that_takes_nothing_changes_nothing(fake: FakeNetwork, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    network = Network(fake, ChangeStore(tmp_path / "file" / "netconf"))
    change = await network.change(DOCUMENT)
    assert change.checkpoint is not None
    await network.confirm(change.checkpoint)
    assert (network.last(), await network.drift(), await network.pending()) == (None, None, None)


@pytest.mark.parametrize("name", ["change.json", "last.json", "confirmed.yml", "confirming.yml"])
@pytest.mark.parametrize("content", ["", "[]", "{", '{"interfaces": 1}', "\0"])
def test_what_cannot_be_read_is_passed_over(folder: Path, name: str, content: str) -> None:
    folder.mkdir()
    (folder / name).write_text(content)
    kept = ChangeStore(folder)
    empty = content == "" and name.endswith("yml")
    assert kept.pending() is None
    assert kept.last() is None
    assert kept.confirmed() is None or empty
    assert kept.half_confirmed() is None or empty


def test_nobody_else_can_read_it(folder: Path) -> None:
    ChangeStore(folder).end(Ended(True, "it was confirmed", (), 0.0))
    assert (folder.stat().st_mode & 0o777, (folder / "last.json").stat().st_mode & 0o777) == (0o700, 0o600)


def test_what_was_never_wished_for_is_nobodys_drift() -> None:
    desired = NetworkState((Interface("ovirtmgmt"),))
    found = confirmed_state(AFTER, desired, None)
    assert ([i.name for i in found.interfaces], found.dns, found.rules) == (["ovirtmgmt"], None, None)
    later = confirmed_state(AFTER, NetworkState((Interface("host0"),), dns=AFTER.dns), found)
    assert ({i.name for i in later.interfaces}, later.dns) == ({"host0", "ovirtmgmt"}, AFTER.dns)
    gone = NetworkState((Interface("ovirtmgmt", state=LinkState.ABSENT),))
    assert [i.name for i in confirmed_state(AFTER, gone, later).interfaces] == ["host0"]


def test_the_checkpoint_comes_back_as_it_was(folder: Path) -> None:
    pending = change_store.Pending(Checkpoint("1:a"), "fake", {"interfaces": []}, ("a", "b"), uptime_s() + 5, boot_id())
    ChangeStore(folder).begin(pending)
    assert ChangeStore(folder).pending() == pending


def test_what_an_earlier_release_wrote_is_read_and_its_keys_stay(folder: Path) -> None:
    folder.mkdir()
    (folder / "last.json").write_text('{"kept": true, "why": "it was confirmed", "says": ["Make br0"], "at": 1.5}')
    (folder / "change.json").write_text(
        '{"checkpoint": {"id": "7"}, "backend": "kernel", "document": {}, "says": ["Make br0"], "until_s": 9.5,'
        ' "boot": "boot", "plugged": {"vnet0": "br0"}, "stands_in_for": "networkmanager"}'
    )
    store = ChangeStore(folder)
    ended, pending = store.last(), store.pending()
    assert ended == Ended(confirmed=True, why="it was confirmed", descriptions=("Make br0",), at=1.5)
    assert pending is not None
    assert (pending.checkpoint, pending.descriptions) == (Checkpoint("7"), ("Make br0",))
    before = {name: json.loads((folder / name).read_text()) for name in ("last.json", "change.json")}
    store.begin(pending)
    assert json.loads((folder / "change.json").read_text()) == before["change.json"]
    store.end(ended)
    assert json.loads((folder / "last.json").read_text()) == before["last.json"]
