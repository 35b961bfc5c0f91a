"""A machine without NetworkManager has its confirmed network again after a boot, with real interfaces."""

from pathlib import Path

from netconf.change_store import ChangeStore
from netconf.facade import Network
from tests.integration.netconf.bare import Bare
from tests.integration.netconf.contract import plain
from tests.integration.netconf.test_kernel import BRIDGE


async def test_the_confirmed_network_is_there_again(bare: Bare, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    change = await Network(bare.backend(), ChangeStore(kept)).change(BRIDGE)
    assert change.checkpoint is not None
    await Network(bare.backend(), ChangeStore(kept)).confirm(change.checkpoint)
    confirmed = plain(await Network(bare.backend()).observe())
    bare.power_cut()
    (tmp_path / "booted").mkdir()
    booted = Bare(bare.name, tmp_path / "booted")  # `bare` takes it away, too
    network = Network(booted.backend(), ChangeStore(kept))
    said = await network.apply_confirmed()
    assert said.changed
    assert plain(await network.observe()) == confirmed, said
    assert await network.drift() == ()
    assert not (await network.apply_confirmed()).changed
