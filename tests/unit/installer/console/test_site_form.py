"""The form of a site refuses what answers.toml refuses, beside the field that can mend it, and proposes the rest."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hosted_engine.deploy.answers import AnswersWrong, parse
from hosted_engine.deploy.format_answers import format_answers
from installer.console import site_form
from installer.console.model import Own
from installer.console.site_form import Member, SiteForm
from node.api.messages.identity import Identity, Offer, OfferedAddress


def member(number: int) -> Member:
    return Member(
        name=f"node{number}",
        address=f"192.0.2.{10 + number}/24",
        nic="eno1",
        fingerprint=f"{number:064x}",
        claim_code=f"CODE-CODE-CODE-{number:04}",
        engine_brick="/bricks/data/engine",
        data_brick="/bricks/data/data",
    )


GOOD = SiteForm(
    members=tuple(map(member, (1, 2, 3))),
    site="branch-7",
    engine_name="engine.branch-7.example",
    engine_address="192.0.2.10",
    gateway="192.0.2.1",
    dns="192.0.2.53, 198.51.100.53",
)


def test_a_good_form_is_a_file_of_answers() -> None:
    assert site_form.site_mistakes(GOOD) == {}
    assert all(site_form.member_mistakes(GOOD, at) == {} for at in range(3))
    answers = site_form.answers(GOOD)
    assert parse(format_answers(answers)) == answers
    assert str(answers.engine.address) == "192.0.2.10/24"
    assert [str(one) for one in answers.dns] == ["192.0.2.53", "198.51.100.53"]


def test_what_may_be_left_out_is_left_out() -> None:
    answers = site_form.answers(replace(GOOD, gateway="", dns=""))
    assert (answers.gateway, answers.dns) == (None, ())


@pytest.mark.parametrize(
    ("field", "wrong", "message"),
    [
        ("engine_address", "192.0.2.0", "the address of the network 192.0.2.0/24 itself"),
        ("engine_address", "192.0.2.255", "is the broadcast address of the network"),
        ("engine_address", "192.0.2.12", "node2 does not go with it: 192.0.2.12 is the engine's address too"),
        ("engine_address", "198.51.100.10", "node1 does not go with it: 192.0.2.11/24 is not in the engine's network"),
        ("engine_address", "192.0.2.10/25", "node1 does not go with it: 192.0.2.11/24 has the prefix length 24"),
        ("engine_address", "127.0.0.1", "is a loopback address"),
        ("engine_address", "224.0.0.5", "is a multicast address"),
        ("engine_address", "", "has to be an address"),
        ("engine_name", "node2", "node2 does not go with it: node2 is the engine's name"),
        ("engine_name", "node2.example", "node2 does not go with it: node2 is the short form of the engine's name"),
        ("engine_name", "localhost", "is a name by which every machine knows itself"),
        ("engine_name", "", "is empty"),
        ("gateway", "192.0.2.10", "is the engine's address too"),
        ("gateway", "192.0.2.13", "node3 does not go with it: 192.0.2.13 is the gateway's address too"),
        ("gateway", "192.0.2.255", "is the broadcast address"),
        ("gateway", "10.0.0.1", "is not in the network 192.0.2.0/24"),
        ("dns", "192.0.2.10", "and no name server runs there"),
        ("dns", "192.0.2.5 192.0.2.5", "is there twice"),
        ("dns", "one.example", "is no address"),
        ("site", "..", "has to be 1 to 40 letters"),
    ],
)
def test_each_mistake_is_told_beside_the_field_that_mends_it(field: str, wrong: str, message: str) -> None:
    found = site_form.site_mistakes(replace(GOOD, **{field: wrong}))  # type: ignore[arg-type]
    assert message in found.get(field, "")


@pytest.mark.parametrize(
    ("field", "wrong", "message"),
    [
        ("address", "192.0.2.11/24", "192.0.2.11 is the address of node1 too"),
        ("address", "198.51.100.2/24", "is not in the engine's network"),
        ("name", "node1", "node1 is there twice"),
        ("fingerprint", f"{1:064x}", "is there twice"),
        ("claim_code", "CODE-CODE-CODE-0001", "is that of nodes[0] too"),
        ("nic", "lo", "is the loopback interface"),
        ("nic", "ovirtmgmt", "is the name of the bridge that is made over it"),
        ("data_brick", "/bricks/data/engine", "is there twice"),
        ("data_brick", "/bricks/data/engine/x", "lies in /bricks/data/engine"),
        ("data_brick", "/var/x", "is a folder of the system"),
        ("data_brick", "/bricks", "give a folder in it"),
    ],
)
def test_a_node_is_judged_by_itself_and_beside_the_others(field: str, wrong: str, message: str) -> None:
    form = replace(GOOD, members=(member(1), replace(member(2), **{field: wrong}), member(3)))
    assert message in site_form.member_mistakes(form, 1).get(field, "")
    assert site_form.member_mistakes(form, 0) == {}


_TYPED = st.sampled_from(["", "192.0.2.10", "192.0.2.11", "192.0.2.255", "node1", "engine.test", "10.0.0.1/8", "x y"])


@given(st.fixed_dictionaries(dict.fromkeys(("engine_name", "engine_address", "gateway", "dns", "site"), _TYPED)))
def test_no_mistake_is_told_of_a_form_that_is_accepted_and_some_of_any_other(typed: dict[str, str]) -> None:
    form = replace(GOOD, **typed)  # type: ignore[arg-type]
    try:
        site_form.answers(form)
    except AnswersWrong:
        assert site_form.site_mistakes(form)
    else:
        assert not site_form.site_mistakes(form)


@pytest.mark.parametrize(
    ("mounts", "bricks"),
    [
        (("/gluster/data", "/gluster/engine"), ("/gluster/engine/brick", "/gluster/data/brick")),
        (("/bricks/data", "/bricks/data2"), ("/bricks/data/engine", "/bricks/data/data")),
        (("/boot/efi", "/var", "/srv/disk1"), ("/srv/disk1/engine", "/srv/disk1/data")),
        (("/data/engine",), ("/data/engine/engine", "/data/engine/data")),
        (("/boot", "/state"), ("", "")),
        ((), ("", "")),
    ],
)
def test_bricks_are_proposed_where_file_systems_were_made_for_them(
    mounts: tuple[str, ...], bricks: tuple[str, str]
) -> None:
    assert site_form.propose_bricks(mounts) == bricks


def test_this_node_has_the_address_through_which_the_gateway_is_reached() -> None:
    addresses = (
        OfferedAddress(nic="eno2", address="10.0.0.5/8"),
        OfferedAddress(nic="eno1", address="192.0.2.11/24"),
    )
    own = Own("node1", "f" * 64, "CODE-CODE-CODE-0001")
    found = site_form.own_member(own, Offer(addresses=addresses, gateway="192.0.2.1"))
    assert (found.nic, found.address) == ("eno1", "192.0.2.11/24")
    assert site_form.own_member(own, Offer(addresses=addresses)).nic == "eno2"
    assert site_form.own_member(own, Offer()).address == ""


def test_another_node_is_known_by_the_key_that_was_compared() -> None:
    said = Identity(
        node_id="", name="node2", fingerprint="0" * 64, claimed=False, certificate_request_pem="", api_version=1
    )
    found = site_form.other_member("192.0.2.12", "a" * 64, said, "CODE", member(1))
    assert found.fingerprint == "a" * 64
    assert (found.address, found.nic, found.data_brick) == ("192.0.2.12/24", "eno1", "/bricks/data/data")


@pytest.mark.parametrize(("count", "message"), [(1, None), (2, "add 1 more"), (3, None), (4, "others later")])
def test_a_site_is_of_one_or_three(count: int, message: str | None) -> None:
    reason = site_form.why_not_size(count)
    assert (reason is None) == (message is None)
    assert (message or "") in (reason or "")
