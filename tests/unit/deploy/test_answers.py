"""Whoever fills in the answers sees all mistakes at once, and secrets stay in a file of his own."""

from ipaddress import IPv4Interface
from pathlib import Path

import pytest

from hosted_engine.deploy.answers import Answers, AnswersMissing, AnswersReadable, AnswersWrong, parse, read

HEAD = 'site = "lab"\n[engine]\nname = "engine.lab.test"\naddress = "192.0.2.10/24"\nextra_names = ["localhost"]\n'


def node(number: int, **other: str) -> str:
    lines = {
        "name": f"node{number}",
        "address": f"192.0.2.{10 + number}/24",
        "nic": "host0",
        "fingerprint": f"{number:064x}",
        "claim_code": "code",
        "bricks.engine": "/bricks/engine/brick",
        "bricks.data": "/bricks/data/brick",
    } | other
    return "[[nodes]]\n" + "".join(f'{key} = "{value}"\n' for key, value in lines.items())


def three(**other: str) -> str:
    return HEAD + node(1) + node(2, **other) + node(3)


def errors(text: str) -> dict[str, str]:
    with pytest.raises(AnswersWrong) as caught:
        parse(text)
    return dict(caught.value.errors)


def test_three_nodes_are_read() -> None:
    answers = parse(three())
    assert [one.name for one in answers.nodes] == ["node1", "node2", "node3"]
    assert answers.nodes[1].address == IPv4Interface("192.0.2.12/24")
    assert answers.nodes[2].bricks.data == "/bricks/data/brick"
    assert answers.engine.extra_names == ("localhost",)
    assert (answers.management_network, answers.admin_user) == ("ovirtmgmt", "admin@internal")


def test_every_mistake_is_told_at_once_with_its_path() -> None:
    text = 'site = "a b"\ncolour = "red"\ngateway = "nowhere"\n' + three(fingerprint="zz", address="192.0.2.12")[13:]
    assert errors(text) == {
        "site": "has to be 1 to 40 letters, digits, _ . -",
        "colour": "is not known here",
        "gateway": "has to be an address",
        "nodes[1].fingerprint": "has to be 64 hexadecimal digits in lower case",
        "nodes[1].address": "has to be an address with its prefix length, such as 192.0.2.11/24",
    }


def test_what_is_missing_is_named() -> None:
    assert errors('site = "lab"\n') == {"nodes": "is missing", "engine": "is missing"}


def test_a_number_given_as_text_is_told() -> None:
    assert errors('lease_io_timeout_s = "2"\n' + three()) == {"lease_io_timeout_s": "has to be 2 to 60"}


@pytest.mark.parametrize(
    ("other", "path"),
    [
        ({"name": "node1"}, "nodes[1].name"),
        ({"fingerprint": f"{1:064x}"}, "nodes[1].fingerprint"),
        ({"address": "192.0.2.11/24"}, "nodes[1].address"),
        ({"address": "192.0.2.10/24"}, "nodes[1].address"),
        ({"address": "198.51.100.3/24"}, "nodes[1].address"),
        ({"bricks.data": "/bricks/engine/brick"}, "nodes[1].bricks.data"),
    ],
)
def test_answers_that_contradict_each_other_are_told(other: dict[str, str], path: str) -> None:
    assert list(errors(three(**other))) == [path]


def test_two_nodes_are_refused_and_one_is_enough() -> None:
    assert list(errors(HEAD + node(1) + node(2))) == ["nodes"]
    assert len(parse(HEAD + node(1)).nodes) == 1


def test_a_gateway_outside_the_network_is_told() -> None:
    assert list(errors('gateway = "198.51.100.1"\n' + three())) == ["gateway"]


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "answers.toml"
    path.write_text(three())
    path.chmod(0o644)
    with pytest.raises(AnswersReadable, match="chmod 600"):
        read(path)
    path.chmod(0o600)
    assert isinstance(read(path), Answers)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(AnswersMissing, match="No such file"):
        read(tmp_path / "none.toml")


def test_what_is_not_toml_is_told() -> None:
    assert "is not TOML" in errors("site = ")["the file"]
