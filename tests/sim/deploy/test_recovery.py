"""The node that the deploy ran on is lost with its disk: the recovery code brings all back on another one."""

from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from hosted_engine.deploy import safekeeping
from hosted_engine.deploy.answers import Answers
from hosted_engine.deploy.folder import RECOVERY_FILE, Folder
from hosted_engine.deploy.recovery import WrongCode, new_code, unseal
from hosted_engine.deploy.safekeeping import FolderThere
from hosted_engine.site import Site
from node.api.messages.vms import VmState
from node.system import files
from tests.fakes.deploy import FakeEngine
from tests.sim.deploy.stage import CutJournals, Stage, assert_bare, assert_whole


def on_volume(stage: Stage) -> str:
    return stage.world.site.ha_files["engine"][RECOVERY_FILE]


def move(stage: Stage, code: str) -> tuple[Answers, Path]:
    """Lose the folder, and bring it back beside the old one."""
    lost, text = stage.folder.path, on_volume(stage)
    found = Folder(lost.with_name("recovered"))
    with found.locked():
        answers = safekeeping.recover(text, code, found)
    use(stage, found)
    return answers, lost


def use(stage: Stage, folder: Folder) -> None:
    stage.folder = folder
    stage.journals = folder.journals = CutJournals(folder.path / "journal")
    stage.world._folder = folder


async def test_what_only_one_node_has_lies_sealed_on_the_engine_volume(stage: Stage) -> None:
    await stage.run()
    code, text = stage.folder.recovery_code(), on_volume(stage)
    content = unseal(text, code)
    assert sorted(content) == sorted(
        ["admin-password", "answers.toml", "decisions.json"]
        + [f"{name}.{part}" for name in ("ca", "deploy", "engine") for part in ("crt", "key")]
    )
    for secret in (stage.folder.authority().key, stage.folder.decisions(stage.answers).password, code):
        assert all(secret not in one for one in stage.world.site.ha_files["engine"].values())
    assert code not in "".join(content.values())
    assert stage.folder.recovery_code_file.stat().st_mode & 0o777 == 0o600


async def test_another_node_goes_on_as_if_nothing_had_been_lost(stage: Stage) -> None:
    await stage.run()
    code = stage.folder.recovery_code()
    answers, _ = move(stage, code.lower().replace("-", " "))
    assert answers == stage.answers
    assert stage.folder.recovery_code() == code
    assert (await stage.run()).steps == ()
    await assert_whole(stage)
    stage.world.nodes["node1"].lose_power()
    done = await stage.run()
    assert [todo.key for todo in done.steps] == ["start", "health", "hand_over"]
    assert stage.engine_states().count(VmState.UP) == 1


async def test_a_site_can_be_taken_back_from_the_node_that_recovered_it(stage: Stage) -> None:
    await stage.run()
    _, lost = move(stage, stage.folder.recovery_code())
    for path in sorted(lost.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    await stage.tear_down()
    assert_bare(stage)


async def test_another_code_brings_nothing_back(stage: Stage) -> None:
    await stage.run()
    folder = Folder(stage.folder.path.with_name("recovered"))
    with folder.locked(), pytest.raises(WrongCode):
        safekeeping.recover(on_volume(stage), new_code(), folder)
    assert not folder.has_decisions()
    assert [path.name for path in folder.path.rglob("*") if path.is_file()] == ["lock"]


async def test_a_folder_that_is_there_is_never_written_over(stage: Stage) -> None:
    await stage.run()
    before = {path: path.read_bytes() for path in stage.folder.path.rglob("*") if path.is_file()}
    with stage.folder.locked(), pytest.raises(FolderThere):
        safekeeping.recover(on_volume(stage), stage.folder.recovery_code(), stage.folder)
    assert {path: path.read_bytes() for path in stage.folder.path.rglob("*") if path.is_file()} == before


async def test_a_recovery_that_dies_at_any_write_is_done_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await stage.run()
    text, code = on_volume(stage), stage.folder.recovery_code()
    write = files.write_durable
    for cut in range(12):
        folder, left = Folder(stage.folder.path.with_name(f"recovered-{cut}")), [cut]

        def die(path: Path, content: bytes | str, mode: int = 0o600, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt
            write(path, content, mode)

        monkeypatch.setattr("hosted_engine.deploy.folder.write_durable", die)
        with folder.locked(), suppress(KeyboardInterrupt):
            safekeeping.recover(text, code, folder)
        monkeypatch.setattr("hosted_engine.deploy.folder.write_durable", write)
        if not folder.has_decisions():
            with folder.locked():
                safekeeping.recover(text, code, folder)
        assert folder.irreplaceable() == stage.folder.irreplaceable()
        assert folder.has_authority()
        assert folder.journals.formed()
        assert folder.journals.unfinished() == frozenset()


async def test_a_site_from_before_gets_one(stage: Stage) -> None:
    await stage.run()
    del stage.world.site.ha_files["engine"][RECOVERY_FILE]
    stage.folder.recovery_code_file.unlink()
    stage.folder.recovery_file.unlink()
    assert await stage.left() == ["recovery"]
    assert not stage.folder.recovery_code_file.exists()
    await stage.run()
    assert await stage.left() == []
    assert unseal(on_volume(stage), stage.folder.recovery_code())


@pytest.mark.parametrize("damage", ["", "{}", "torn"])
async def test_a_damaged_one_is_written_anew(stage: Stage, damage: str) -> None:
    await stage.run()
    stage.world.site.ha_files["engine"][RECOVERY_FILE] = damage
    assert [todo.key for todo in (await stage.run()).steps] == ["recovery"]
    stage.folder.recovery_file.write_text(damage)
    assert [todo.key for todo in (await stage.run()).steps] == ["recovery"]
    assert unseal(on_volume(stage), stage.folder.recovery_code())["decisions.json"]


async def test_it_follows_the_answers(stage: Stage) -> None:
    await stage.run()
    engine = msgspec.structs.replace(stage.answers.engine, memory_mib=2048)
    stage.answers = msgspec.structs.replace(stage.answers, engine=engine)
    assert [todo.key for todo in (await stage.run()).steps] == ["site_files", "recovery"]
    assert "memory_mib = 2048" in unseal(on_volume(stage), stage.folder.recovery_code())["answers.toml"]
    assert (await stage.run()).steps == ()


async def test_the_engine_is_given_the_code_to_keep(stage: Stage) -> None:
    await stage.run()
    site: Site = FakeEngine(stage.world, stage.folder.decisions(stage.answers)).site()
    assert site.recovery_code == stage.folder.recovery_code()
