"""What the engine asks of a directory: the fake answers as a real slapd does."""

import pytest

from hosted_engine.engine.search.parse import parse
from hosted_engine.engine.search.question import Question
from hosted_engine.engine.users.domain_entities import ACCOUNT_GROUPS, ACCOUNTS
from hosted_engine.rest.call import Parameters
from hosted_engine.rest.entities.search import Asked
from tests.integration.ldap.server import Slapd
from tests.integration.ldap.subjects import Subject, fake, real


@pytest.fixture(scope="module")
def both(server: Slapd) -> dict[str, Subject]:
    """The same people in both."""
    subjects = {"fake": fake(server), "slapd": real(server)}
    for subject in subjects.values():
        subject.add_user("jane", "Jane-word-1", first_name="Jane", last_name="Doe", email="jane@corp.example")
        subject.add_user("jack", "Jack-word-1", first_name="Jack", email="jack@corp.example")
        subject.add_user("zoë", "Zoë-wörd-1", first_name="Zoë")
        subject.add_user("o.star(x)", "Star-word-1", first_name="O*")
        subject.add_group("admins", "jane")
        subject.add_group("staff", "admins", "jack")
        subject.add_group("all", "staff")
        subject.add_group("others", "zoë")
    return subjects


@pytest.fixture(params=["fake", "slapd"])
def subject(both: dict[str, Subject], request: pytest.FixtureRequest) -> Subject:
    return both[request.param]


def asked(text: str, **parameters: str) -> Question:
    query = {"search": text, **parameters}
    return Asked(ACCOUNTS, Parameters(query), {}, 0.0).question(parse(text))


@pytest.mark.parametrize("name", ["jane", "JANE", "Jane", "zoë", "o.star(x)"])
async def test_a_user_is_found_by_name(subject: Subject, name: str) -> None:
    entry = await subject.directories.find_user(subject.settings, name)
    assert entry is not None
    assert entry.name == name.lower()
    assert entry.enabled


async def test_what_is_known_of_a_user(subject: Subject) -> None:
    entry = await subject.directories.find_user(subject.settings, "jane")
    assert entry is not None
    assert (entry.first_name, entry.last_name, entry.email) == ("Jane", "Doe", "jane@corp.example")
    assert entry.namespace == "dc=corp,dc=example"


@pytest.mark.parametrize("name", ["", "j", "jan*", "*", "jane ", " jane", "ja  ne", "jane)(uid=*", "\\6aane", "admins"])
async def test_nobody_is_found_by_what_is_no_name(subject: Subject, name: str) -> None:
    assert await subject.directories.find_user(subject.settings, name) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["jack", "jane", "o.star(x)", "zoë"]),
        ("usrname=ja*", ["jack", "jane"]),
        ("usrname=*", ["jack", "jane", "o.star(x)", "zoë"]),
        ("usrname=jane", ["jane"]),
        ("usrname=JANE", ["jane"]),
        ('usrname="o.star(x)"', ["o.star(x)"]),
        ("name=jane or name=zoë", ["jane", "zoë"]),
        ("usrname=ja* and lastname=doe", ["jane"]),
        ("usrname=ja* usrname!=jack", ["jane"]),
        ("email=*@corp.example", ["jack", "jane"]),
        ("jac", ["jack"]),
        ("usrname=nobody", []),
        ('usrname="*)(uid=*"', []),
    ],
)
async def test_users_are_searched(subject: Subject, text: str, found: list[str]) -> None:
    entries = await subject.directories.users(subject.settings, asked(text))
    assert [entry.name for entry in entries] == found


async def test_of_many_so_many_are_answered(subject: Subject) -> None:
    assert len(await subject.directories.users(subject.settings, asked("usrname=*", max="2"))) == 2


async def test_groups_are_searched(subject: Subject) -> None:
    question = Asked(ACCOUNT_GROUPS, Parameters({"search": "name=*a*"}), {}, 0.0).question(parse("name=*a*"))
    entries = await subject.directories.groups(subject.settings, question)
    assert [entry.name for entry in entries] == ["admins", "all", "staff"]


async def test_an_entry_is_found_by_its_id(subject: Subject) -> None:
    directories, settings = subject.directories, subject.settings
    jane, admins = await directories.find_user(settings, "jane"), await directories.find_group(settings, "ADMINS")
    assert jane is not None
    assert admins is not None
    assert await directories.users_by_id(settings, [jane.id, "nobody", admins.id]) == {jane.id: jane}
    assert await directories.groups_by_id(settings, [admins.id, jane.id]) == {admins.id: admins}
    assert await directories.users_by_id(settings, []) == {}


@pytest.mark.parametrize(
    ("name", "groups"), [("jane", {"admins", "staff", "all"}), ("jack", {"staff", "all"}), ("o.star(x)", set())]
)
async def test_groups_are_nested(subject: Subject, name: str, groups: set[str]) -> None:
    entry = await subject.directories.find_user(subject.settings, name)
    assert entry is not None
    assert {group.name for group in await subject.directories.groups_of(subject.settings, entry)} == groups


@pytest.mark.parametrize(
    ("name", "password", "right"),
    [
        ("jane", "Jane-word-1", True),
        ("jane", "Jack-word-1", False),
        ("jane", "", False),
        ("jane", "jane-word-1", False),
        ("zoë", "Zoë-wörd-1", True),
        ("o.star(x)", "Star-word-1", True),
    ],
)
async def test_a_password_is_checked(subject: Subject, name: str, password: str, right: bool) -> None:
    entry = await subject.directories.find_user(subject.settings, name)
    assert entry is not None
    verdict = await subject.directories.check_password(subject.settings, entry, password)
    assert (verdict.right, verdict.hindrance) == (right, "")
