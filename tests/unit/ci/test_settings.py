from pathlib import Path

import pytest

from ci.lab import names, settings
from ci.lab.names import Lab
from ci.lab.settings import NoRoom, NothingAdded, OtherSize, Settings


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setattr(names, "STATE", tmp_path)
    monkeypatch.setattr(settings, "STATE", tmp_path)
    return Lab("lab")


@pytest.mark.parametrize(("nodes", "formed"), [(1, 1), (2, 1), (3, 3), (5, 3)])
def test_a_site_is_formed_of_one_node_or_of_three(nodes: int, formed: int) -> None:
    assert Settings(nodes=nodes, port=1).formed == formed


@pytest.mark.parametrize(("nodes", "formed"), [(1, 1), (3, 3)])
def test_a_site_is_formed_of_as_many_however_many_are_added(lab: Lab, nodes: int, formed: int) -> None:
    settings.make(lab, nodes)
    for _ in range(4):
        grown = settings.add_node(lab)
    assert (grown.nodes, grown.formed) == (nodes + 4, formed)
    assert settings.make(lab, nodes) == settings.make(lab, None) == grown
    with pytest.raises(OtherSize):
        settings.make(lab, nodes + 4)


def test_what_was_added_can_be_removed_and_nothing_else(lab: Lab) -> None:
    made = settings.make(lab, 3)
    settings.add_node(lab)
    settings.remove_node(lab)
    assert settings.load(lab) == made
    with pytest.raises(NothingAdded):
        settings.remove_node(lab)


def test_a_lab_has_as_many_nodes_as_it_has_addresses(lab: Lab) -> None:
    settings.make(lab, 9)
    with pytest.raises(NoRoom):
        settings.add_node(lab)
