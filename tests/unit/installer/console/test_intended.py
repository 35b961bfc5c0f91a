"""What the installation was told decides where the console begins, until the node belongs to a site."""

from pathlib import Path

import pytest

from installer.answers import Answers, DiskAnswers, MachineAnswers, NetworkAnswers, Role, RoleAnswers
from installer.console.intended import intended_key
from installer.steps.records import Installation, write_records
from node.config import Config
from tests.unit.installer.console.machine import Machine


def installed(state: Path, role: Role) -> None:
    state.mkdir(parents=True, exist_ok=True)
    answers = Answers(
        machine=MachineAnswers(host_name="node1"),
        disks=DiskAnswers(system='serial == "S"'),
        network=NetworkAnswers(nics=("eno1",)),
        role=RoleAnswers(kind=role, engine="engine.example.test" if role is Role.JOIN else None),
    )
    write_records(state, Installation(id="a", version="1", disks=("S",)), answers)


@pytest.mark.parametrize(("role", "key"), [(Role.FIRST, "C"), (Role.JOIN, "J"), (Role.LATER, None)])
def test_begins_with_the_role(tmp_path: Path, role: Role, key: str | None) -> None:
    installed(tmp_path / "state", role)
    settings = Config(state=str(tmp_path / "trivet"))
    assert intended_key(tmp_path / "state", lambda: settings) == key


def test_a_member_of_a_site_begins_with_its_status(tmp_path: Path) -> None:
    installed(tmp_path / "state", Role.FIRST)
    settings = Config(state=str(tmp_path / "trivet"))
    settings.own_folder.mkdir(parents=True)
    (settings.own_folder / "ca.pem").touch()
    assert intended_key(tmp_path / "state", lambda: settings) is None


@pytest.mark.parametrize("content", ["", "[]", "{", '{"machine": 1}'])
def test_what_cannot_be_read_is_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "install").mkdir()
    (tmp_path / "install/answers.json").write_text(content)
    assert intended_key(tmp_path, Config) is None


async def test_the_console_opens_the_menu_at_creating_a_site(machine: Machine) -> None:
    installed(machine.folder / "root/state", Role.FIRST)
    async with machine.on() as pilot:
        for _ in range(200):
            await pilot.pause(0.02)
            if type(pilot.app.screen).__name__ == "MenuPage":
                break
        assert type(pilot.app.screen).__name__ == "MenuPage"
