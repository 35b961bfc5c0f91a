"""Whatever is accepted can be planned and put into the nodes' words, and no two machines of it share anything."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gluster.model import BrickPath
from hosted_engine.authority import make_authority, make_pair, why_not_good
from hosted_engine.deploy import desired_state
from hosted_engine.deploy.answers import Answers, AnswersWrong, from_document, parse
from hosted_engine.deploy.decisions import VOLUMES, Decisions, decide
from hosted_engine.deploy.format_answers import format_answers
from hosted_engine.deploy.network import placement
from hosted_engine.deploy.plan import Kind, Observed, plan
from hosted_engine.management_network import on_bridge
from node.api.messages.identity import Role
from node.api.messages.images import ImageFormat, ImageReport
from tests.unit.deploy.test_answers import three

ADDRESSES = [
    "192.0.2.0",
    "192.0.2.1",
    "192.0.2.10",
    "192.0.2.11",
    "192.0.2.127",
    "192.0.2.255",
    "10.0.0.1",
    "127.0.0.1",
]
ADDRESSES += ["224.0.0.1", "0.0.0.0", "255.255.255.255", "2001:db8::1", "192.0.2.11\n"]
NAMES = [
    "node1",
    "node2",
    "engine",
    "engine.test",
    "localhost",
    "192.0.2.10",
    "1",
    "0x1",
    "",
    "a" * 63,
    "a" * 65,
    "é",
    "-a",
]
INTERFACES = ["eno1", "br0", "ovirtmgmt", "lo", ".", "all", "vnet0", "a" * 16, "a b", "eth0:1", "eno1.100", "-x"]
BRICKS = ["/b/x", "/b/x/", "/b/x/y", "/b/y", "/b", "/", "/etc", "/var/lib/glusterd", "/b/../etc", "b", "/b/é", "/b//x"]
PREFIXES = ["/24", "/25", "/31", "/32", "/0", "/8", "", "/255.255.255.0", "/64"]
DECISIONS = decide(parse(three()), "secret")  # slow, as it has to be
NUMBERS = st.one_of(st.integers(-1, 70), st.sampled_from([512, 1024, 262144, 262145, 10**20]))
ODD: st.SearchStrategy[Any] = st.one_of(
    st.text(max_size=20), st.booleans(), st.floats(), st.lists(st.text(max_size=3), max_size=2), st.just({}), NUMBERS
)


def mostly(good: object, *others: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """`good` most of the time, for only whole answers are accepted."""
    return st.integers(0, 29).flatmap(lambda dice: st.one_of(*others, ODD) if dice == 17 else st.just(good))


def texts(values: list[str]) -> st.SearchStrategy[str]:
    return st.sampled_from(values)


def machine_addresses() -> st.SearchStrategy[str]:
    return st.tuples(texts(ADDRESSES), texts(PREFIXES)).map("".join)


def nodes(number: int) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "name": mostly(f"node{number}", texts(NAMES)),
            "address": mostly(f"192.0.2.{10 + number}/24", machine_addresses()),
            "nic": mostly("eno1", texts(INTERFACES)),
            "fingerprint": mostly(f"{number:064x}", st.just(f"{1:064x}")),
            "claim_code": mostly("ABCD-EFGH-JKLM-NPQR"),
            "bricks": st.fixed_dictionaries(
                {"engine": mostly("/b/engine", texts(BRICKS)), "data": mostly("/b/data", texts(BRICKS))}
            ),
        }
    )


def documents() -> st.SearchStrategy[dict[str, Any]]:
    engine = st.fixed_dictionaries(
        {"name": mostly("engine.test", texts(NAMES)), "address": mostly("192.0.2.10/24", machine_addresses())},
        optional={
            "memory_mib": mostly(1024, NUMBERS),
            "vcpus": mostly(1, NUMBERS),
            "extra_names": mostly(["localhost"], st.lists(texts(NAMES + ADDRESSES), max_size=3)),
        },
    )
    three = st.tuples(nodes(1), nodes(2), nodes(3)).map(list)
    return st.fixed_dictionaries(
        {"site": mostly("lab"), "engine": engine, "nodes": st.one_of(three, nodes(1).map(lambda node: [node]))},
        optional={
            "gateway": mostly("192.0.2.1", texts(ADDRESSES)),
            "dns": mostly(["192.0.2.53"], st.lists(texts(ADDRESSES), max_size=4)),
            "management_network": mostly("ovirtmgmt", texts(INTERFACES)),
            "lease_io_timeout_s": mostly(5, NUMBERS),
            "profile": mostly("fast", texts(["default", "FAST", "quick"])),
            "admin_user": mostly("admin@internal", texts(["a@b", "admin", "a:b@c", "@", "a b@c"])),
        },
    )


def accepted(make: Callable[[], Answers]) -> Answers | None:
    """None where they were refused, every mistake with its place and a sentence."""
    try:
        return make()
    except AnswersWrong as err:
        refused = err
    assert refused.errors
    assert all(path and sentence for path, sentence in refused.errors)
    assert str(refused).isprintable()
    return None


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(documents())
def test_what_is_accepted_can_be_carried_out(document: dict[str, Any]) -> None:
    answers = accepted(lambda: from_document(document))
    assume(answers is not None)
    assert answers is not None
    assert parse(format_answers(answers)) == answers
    assert Kind.HAND_OVER in {step.kind for step in plan(answers, Observed())}
    assert_no_two_share(answers)
    assert_in_the_words_of_the_nodes(answers, DECISIONS)
    assert_certificates(answers)


def assert_no_two_share(answers: Answers) -> None:
    addresses = [node.address.ip for node in answers.nodes] + [answers.engine.address.ip]
    addresses += [answers.gateway] if answers.gateway else []
    assert len(set(addresses)) == len(addresses)
    assert len({node.address.network for node in answers.nodes} | {answers.engine.address.network}) == 1
    names = [node.name for node in answers.nodes] + [answers.engine.name]
    assert len(set(names)) == len(names) == len(desired_state.names(answers))
    for node in answers.nodes:
        assert node.nic != answers.management_network
        one, other = (f"{path}/" for path in (node.bricks.engine, node.bricks.data))
        assert not one.startswith(other)
        assert not other.startswith(one)


def assert_in_the_words_of_the_nodes(answers: Answers, decisions: Decisions) -> None:
    tiny = ImageReport(image=decisions.tiny, format=ImageFormat.QCOW2, virtual_size_bytes=1, actual_size_bytes=1)
    site = desired_state.site(answers, decisions, {node.name: node.name for node in answers.nodes}, tiny)
    vm = desired_state.engine_vm(answers, decisions)
    for message in (site, vm, *(on_bridge(placement(answers, node)) for node in answers.nodes)):
        assert msgspec.json.decode(msgspec.json.encode(message), type=type(message)) == message
    for name in VOLUMES:
        bricks = desired_state.volume(answers, name).bricks
        assert [str(BrickPath.from_text(brick)) for brick in bricks] == list(bricks)
    assert all(text.isascii() for text in desired_state.system_files(answers).values())
    assert all(f"Bearer {node.claim_code}".isascii() for node in answers.nodes)


def assert_certificates(answers: Answers) -> None:
    authority = make_authority(answers.site)
    names = [str(answers.engine.address.ip), *answers.engine.extra_names]
    for name in (answers.engine.name, *(node.name for node in answers.nodes)):
        pair = make_pair(authority, Role.ENGINE, name, names=names)
        assert why_not_good(pair, authority.certificate) is None


@given(st.recursive(ODD, lambda inner: st.dictionaries(st.text(max_size=8), inner, max_size=4), max_leaves=12))
def test_any_document_is_refused_in_sentences(document: Any) -> None:
    assert accepted(lambda: from_document(document)) is None


@given(st.text(max_size=200))
def test_any_text_is_refused_in_sentences(text: str) -> None:
    assert accepted(lambda: parse(text)) is None
    assert accepted(lambda: parse(f"{json.dumps(text)} = 1")) is None
