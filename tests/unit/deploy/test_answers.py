"""Whoever fills in the answers sees all mistakes at once, and secrets stay in a file of his own."""

from dataclasses import replace
from ipaddress import IPv4Interface
from pathlib import Path

import pytest

from hosted_engine.deploy.answers import Answers, AnswersMissing, AnswersReadable, AnswersWrong, parse, read
from hosted_engine.deploy.rules.addresses import NO_IPV6
from hosted_engine.ha.profiles import DEFAULT, FAST

HEAD = 'site = "lab"\n[engine]\nname = "engine.lab.test"\naddress = "192.0.2.10/24"\nextra_names = ["localhost"]\n'


def node(number: int, **other: str) -> str:
    lines = {
        "name": f"node{number}",
        "address": f"192.0.2.{10 + number}/24",
        "nic": "host0",
        "fingerprint": f"{number:064x}",
        "claim_code": f"CODE-CODE-CODE-{number:04}",
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


def test_all_times_follow_from_the_profile() -> None:
    assert parse(three()).timers == DEFAULT
    assert parse('profile = "fast"\n' + three()).timers == FAST
    assert parse("lease_io_timeout_s = 6\n" + three()).timers == replace(DEFAULT, io_timeout_s=6)


def test_every_mistake_is_told_at_once_with_its_path() -> None:
    text = 'site = "a b"\ncolour = "red"\ngateway = "nowhere"\n' + three(fingerprint="zz", address="192.0.2.12")[13:]
    assert errors(text) == {
        "site": '"a b" has to be 1 to 40 letters, digits, _ . -, the first a letter or digit',
        "colour": "is not known here",
        "gateway": '"nowhere" is no address: write it like 192.0.2.1',
        "nodes[1].fingerprint": '"zz" has to be 64 hexadecimal digits in lower case',
        "nodes[1].address": '"192.0.2.12" has to be an address with its prefix length, such as 192.0.2.11/24',
    }


def test_what_is_missing_is_named() -> None:
    assert errors('site = "lab"\n') == {"nodes": "is missing", "engine": "is missing"}


def test_a_number_given_as_text_is_told() -> None:
    assert errors('lease_io_timeout_s = "2"\n' + three()) == {"lease_io_timeout_s": '"2" has to be a whole number'}


@pytest.mark.parametrize(
    ("other", "path", "description"),
    [
        ({"name": "node1"}, "nodes[1].name", "node1 is there twice"),
        ({"name": "engine"}, "nodes[1].name", "engine is the short form of the engine's name engine.lab.test"),
        ({"name": "localhost"}, "nodes[1].name", '"localhost" is a name by which every machine knows itself'),
        ({"name": "22"}, "nodes[1].name", '"22" ends with the number 22 and would be taken for an address'),
        ({"fingerprint": f"{1:064x}"}, "nodes[1].fingerprint", f"{1:064x} is there twice"),
        ({"address": "192.0.2.11/24"}, "nodes[1].address", "192.0.2.11 is the address of node1 too"),
        ({"address": "192.0.2.10/24"}, "nodes[1].address", "192.0.2.10 is the engine's address too"),
        (
            {"address": "198.51.100.3/24"},
            "nodes[1].address",
            "198.51.100.3/24 is not in the engine's network 192.0.2.0/24",
        ),
        (
            {"address": "192.0.2.12/25"},
            "nodes[1].address",
            "192.0.2.12/25 has the prefix length 25, the engine's network has 24",
        ),
        (
            {"address": "192.0.2.255/24"},
            "nodes[1].address",
            '"192.0.2.255/24" is the broadcast address of the network 192.0.2.0/24',
        ),
        (
            {"bricks.data": "/bricks/engine/brick"},
            "nodes[1].bricks.data",
            "/bricks/engine/brick is there twice",
        ),
        (
            {"bricks.data": "/bricks/engine/brick/"},
            "nodes[1].bricks.data",
            '"/bricks/engine/brick/" has a / too many: write /bricks/engine/brick',
        ),
        ({"bricks.data": "/bricks/engine"}, "nodes[1].bricks.data", "/bricks/engine holds /bricks/engine/brick"),
        (
            {"bricks.data": "/bricks/engine/brick/data"},
            "nodes[1].bricks.data",
            "/bricks/engine/brick/data lies in /bricks/engine/brick",
        ),
        ({"bricks.data": "/b/../etc"}, "nodes[1].bricks.data", '"/b/../etc" holds . or ..: write where it really lies'),
        (
            {"nic": "ovirtmgmt"},
            "nodes[1].nic",
            "ovirtmgmt is the name of the bridge that is made over it (management_network)",
        ),
        ({"nic": "lo"}, "nodes[1].nic", '"lo" is the loopback interface and no network card'),
        (
            {"claim_code": "CODE-CODE-CODE-0001"},
            "nodes[1].claim_code",
            "is that of nodes[0] too, and each node has its own",
        ),
        (
            {"claim_code": "code-code-code-0002"},
            "nodes[1].claim_code",
            "has small letters, and nodes show and know theirs in capitals",
        ),
        (
            {"bricks.data": "/state/bricks"},
            "nodes[1].bricks.data",
            '"/state/bricks" is a folder of the system (/state), and a brick has a file system made for it',
        ),
        (
            {"address": "192.0.2.12/024"},
            "nodes[1].address",
            '"192.0.2.12/024" has to be an address with its prefix length, such as 192.0.2.11/24',
        ),
    ],
)
def test_answers_that_contradict_each_other_are_told(other: dict[str, str], path: str, description: str) -> None:
    assert errors(three(**other)) == {path: description}


@pytest.mark.parametrize(
    ("line", "path", "description"),
    [
        ('gateway = "192.0.2.10"', "gateway", "192.0.2.10 is the engine's address too"),
        ('gateway = "192.0.2.12"', "nodes[1].address", "192.0.2.12 is the gateway's address too"),
        ('gateway = "192.0.2.0"', "gateway", "192.0.2.0 is the address of the network 192.0.2.0/24 itself"),
        ('gateway = "192.0.2.255"', "gateway", "192.0.2.255 is the broadcast address of the network 192.0.2.0/24"),
        (
            'gateway = "198.51.100.1"',
            "gateway",
            "198.51.100.1 is not in the network 192.0.2.0/24: nobody could reach it",
        ),
        ("gateway = 5", "gateway", "5 has to be text"),
        ('dns = ["192.0.2.10"]', "dns[0]", "192.0.2.10 is the engine's address, and no name server runs there"),
        ('dns = ["192.0.2.13"]', "dns[0]", "192.0.2.13 is the address of node3, and no name server runs there"),
        ('dns = ["192.0.2.5", "192.0.2.5"]', "dns[1]", "192.0.2.5 is there twice"),
        ('dns = ["192.0.2.255"]', "dns[0]", "192.0.2.255 is the broadcast address of the network 192.0.2.0/24"),
        (
            'dns = ["198.51.100.5"]',
            "dns[0]",
            "198.51.100.5 is not in the network 192.0.2.0/24, and there is no gateway through which it",
        ),
        ('dns = "192.0.2.5"', "dns", '"192.0.2.5" has to be a list'),
        ('dns = ["192.0.2.5", "2001:db8::1"]', "dns[1]", f'"2001:db8::1" {NO_IPV6}'),
        ("dns = [5]", "dns[0]", "5 has to be text"),
        (
            'dns = ["192.0.2.5", "192.0.2.6", "192.0.2.7", "192.0.2.8"]',
            "dns",
            "has 4 name servers, and no more than 3 are",
        ),
        ('management_network = "lo"', "management_network", '"lo" is the name of the loopback interface'),
        ('management_network = "a.b.c.d.e.f.g.h"', "management_network", '"a.b.c.d.e.f.g.h" has to be letters, digits'),
        ('admin_user = "admin"', "admin_user", '"admin" has to be user@profile, such as admin@internal'),
        ('password_file = "pw"', "password_file", '"pw" is no absolute path'),
        ("lease_io_timeout_s = true", "lease_io_timeout_s", "true has to be a whole number"),
        ("lease_io_timeout_s = 5.0", "lease_io_timeout_s", "5.0 has to be a whole number"),
        ("lease_io_timeout_s = 61", "lease_io_timeout_s", "61 has to be 2 to 60"),
        ('profile = "quick"', "profile", '"quick" has to be default or fast'),
        ('ntp = ["192.0.2.5"]', "ntp", "is not known here"),
        ('gatway = "192.0.2.1"', "gatway", "is not known here; did you mean gateway?"),
        ("memory_mib = 2048", "memory_mib", "is not known here; it belongs to [engine]"),
        ('nic = "eno1"', "nic", "is not known here; it belongs to [[nodes]]"),
        ('data = "/b"', "data", "is not known here; it belongs to [nodes.bricks]"),
        ("memory_mb = 2048", "memory_mb", "is not known here; did you mean memory_mib, which belongs to [engine]?"),
        ('"a b" = 1', '"a b"', "is not known here"),
    ],
)
def test_a_line_that_cannot_be_carried_out_is_told(line: str, path: str, description: str) -> None:
    found = errors(f"{line}\n" + three())
    assert list(found) == [path]
    assert found[path].startswith(description)


@pytest.mark.parametrize(
    ("old", "new", "path", "description"),
    [
        ("192.0.2.10/24", "192.0.2.0/24", "engine.address", '"192.0.2.0/24" is the address of the network'),
        ("192.0.2.10/24", "192.0.2.10/25", "nodes[0].address", "192.0.2.11/24 has the prefix length 24, the engine's"),
        ("engine.lab.test", "192.0.2.10", "engine.name", '"192.0.2.10" is an address and no name'),
        ("engine.lab.test", "localhost", "engine.name", '"localhost" is a name by which every machine knows itself'),
        ("engine.lab.test", "node2", "nodes[1].name", "node2 is the engine's name"),
        ("engine.lab.test", "node2.lab.test", "nodes[1].name", "node2 is the short form of the engine's name"),
        ('"localhost"', '"node2"', "engine.extra_names[0]", "node2 belongs to nodes[1]: the engine's certificate"),
        ('"localhost"', '"192.0.2.12"', "engine.extra_names[0]", "192.0.2.12 belongs to nodes[1]"),
        ('"localhost"', '"a", "*.b"', "engine.extra_names[1]", '"*.b" is no host name'),
        ('"localhost"', '"a.b", "a.b"', "engine.extra_names[1]", "a.b is there twice"),
        (
            '"localhost"',
            '"192.0.2.255"',
            "engine.extra_names[0]",
            "192.0.2.255 is the broadcast address of the network",
        ),
        ('"localhost"', '"192.0.2.0"', "engine.extra_names[0]", "192.0.2.0 is the address of the network"),
        ('"localhost"', ", ".join(f'"a{n}.b"' for n in range(33)), "engine.extra_names", "has 33 names"),
        ("engine.lab.test", "localhost4.localdomain4", "engine.name", '"localhost4.localdomain4" is a name by which'),
        ("engine.lab.test", "engine.invalid", "engine.name", '"engine.invalid" ends with .invalid'),
        ("[engine]", "[engine]\nvcpus = 0", "engine.vcpus", "0 has to be 1 to 64"),
        ("[engine]", "[engine]\nmemory_mib = 256", "engine.memory_mib", "256 has to be 512 to 262144"),
        ("[engine]", "[engine]\nmemory = 2048", "engine.memory", "is not known here; did you mean memory_mib?"),
        ("[engine]", "[engine]\nvcpu = 2", "engine.vcpu", "is not known here; did you mean vcpus?"),
        ('claim_code = "CODE-CODE-CODE-0002"', 'claim_code = "a b"', "nodes[1].claim_code", "holds blanks"),
        ('nic = "host0"', 'nic = "host0"\nvlan = 5', "nodes[0].vlan", "is not known here"),
    ],
)
def test_what_the_engine_or_a_node_cannot_be_is_told(old: str, new: str, path: str, description: str) -> None:
    found = errors(three().replace(old, new, 1))
    assert path in found
    assert found[path].startswith(description)


def test_mistakes_within_and_between_answers_are_told_together() -> None:
    text = 'gateway = "192.0.2.10"\n' + three(name="node1", nic="..", **{"bricks.data": "/etc"})
    assert list(errors(text)) == ["nodes[1].nic", "nodes[1].bricks.data", "gateway", "nodes[1].name"]


@pytest.mark.parametrize(
    "text", ["nodes = 5\nengine = []", "nodes = [5]\nengine = 1", "a = " + "[" * 3000, "a = " + "9" * 5000]
)
def test_files_of_another_shape_are_told(text: str) -> None:
    assert errors(text)


def test_two_nodes_are_refused_and_one_is_enough() -> None:
    assert list(errors(HEAD + node(1) + node(2))) == ["nodes"]
    assert len(parse(HEAD + node(1)).nodes) == 1


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


@pytest.mark.parametrize(
    ("line", "name", "description"),
    [
        ('gateway = "192.0.2.1"', "192.0.2.1", "192.0.2.1 is the gateway's address, and the engine's certificate"),
        ('dns = ["192.0.2.5"]', "192.0.2.5", "192.0.2.5 is a name server's address, and the engine's certificate"),
    ],
)
def test_the_engines_certificate_is_good_for_no_other_machine(line: str, name: str, description: str) -> None:
    found = errors(f"{line}\n" + three().replace('"localhost"', f'"{name}"'))
    assert found["engine.extra_names[0]"].startswith(description)


def test_members_of_which_nobody_knows_the_code_any_more_may_have_the_same_word() -> None:
    assert len(parse(HEAD + "".join(node(n, claim_code="claimed") for n in (1, 2, 3))).nodes) == 3
