"""Domains, users and groups through the unmodified SDK."""

from collections.abc import Iterator
from pathlib import Path

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services, types

from hosted_engine.engine.users import account_changes
from tests.unit.rest import people
from tests.unit.rest.server import Served, served

INTERNAL = types.Domain(name="internal-authz")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(Path(tmp_path_factory.mktemp("engine"))) as there:
        for name in ("jane", "john"):
            people.add_account(there.world.store, name)
        people.add_group(there.world.store, "known", "jane")
        with there.world.store.transaction() as tx:
            account_changes.add_group(tx, "staff")
        yield there


@pytest.fixture
def system(engine: Served) -> Iterator[services.SystemService]:
    connection = engine.connection()
    yield connection.system_service()
    for user in connection.system_service().users_service().list():
        if user.principal != "admin":
            connection.system_service().users_service().user_service(user.id).remove()
    connection.close()


def events(system: services.SystemService, code: int) -> list[str]:
    return [event.description for event in system.events_service().list() if event.code == code]


def test_the_internal_domain_shows_what_can_be_added(system: services.SystemService) -> None:
    (domain,) = system.domains_service().list()
    assert (domain.name, bytes.fromhex(domain.id).decode()) == ("internal-authz", "internal-authz")
    service = system.domains_service().domain_service(domain.id)
    assert sorted(user.principal for user in service.users_service().list()) == ["admin", "jane", "john"]
    (jane,) = service.users_service().list(search="usrname=jane")
    assert service.users_service().user_service(jane.id).get().user_name == "jane@internal-authz"
    assert sorted(group.name for group in service.groups_service().list()) == ["known", "staff"]
    (staff,) = service.groups_service().list(search="name=staff")
    assert service.groups_service().group_service(staff.id).get().domain.id == domain.id


@pytest.mark.parametrize(
    "user",
    [
        types.User(user_name="jane@internal-authz", domain=INTERNAL),
        types.User(user_name="jane@internal-authz", principal="jane", namespace="*", domain=INTERNAL),
        types.User(user_name="jane@internal-authz"),
    ],
)
def test_a_user_is_added_from_a_domain_and_removed(system: services.SystemService, user: types.User) -> None:
    users = system.users_service()
    added = users.add(user)
    assert (added.user_name, added.principal, added.domain.name) == ("jane@internal-authz", "jane", "internal-authz")
    assert [one.id for one in users.list(search="usrname=jane@internal-authz")] == [added.id]
    assert users.add(user).id == added.id  # again: the user stays
    assert "User jane@internal-authz was added to the system by admin@internal." in events(system, 149)
    users.user_service(added.id).remove()
    with pytest.raises(sdk.NotFoundError):
        users.user_service(added.id).get()
    assert "User jane@internal-authz was removed from the system by admin@internal." in events(system, 325)


def test_a_group_is_added_from_a_domain_and_removed(system: services.SystemService) -> None:
    groups = system.groups_service()
    added = groups.add(types.Group(name="staff", domain=INTERNAL))
    assert (added.name, added.namespace, added.domain.name) == ("staff", "*", "internal-authz")
    assert groups.add(types.Group(name="staff", domain=INTERNAL)).id == added.id
    assert sorted(group.name for group in groups.list()) == ["Everyone", "known", "staff"]
    tag = system.tags_service().add(types.Tag(name="ours"))
    groups.group_service(added.id).tags_service().add(types.Tag(name="ours"))
    assert [one.name for one in groups.group_service(added.id).tags_service().list()] == ["ours"]
    groups.group_service(added.id).remove()
    system.tags_service().tag_service(tag.id).remove()
    assert [group.name for group in groups.list(search="name=staff")] == []


@pytest.mark.parametrize(
    ("user", "message"),
    [
        (types.User(), r"User \[user_name\] required"),
        (
            types.User(user_name="nobody@internal-authz", domain=INTERNAL),
            r"internal-authz \(user.domain\) has no such",
        ),
        (types.User(user_name="jane@elsewhere-authz", domain=types.Domain(name="elsewhere-authz")), "no domain has"),
        (types.User(user_name="jane@elsewhere-authz"), r"domain elsewhere-authz \(user.domain\) has no such user"),
        (types.User(user_name="jane@internal-authz", principal="john"), "it is john@internal-authz that has this"),
        (types.User(user_name="jane@internal-authz", password="x"), "user.password = .* is not there yet"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_user_that_cannot_be_added_is_refused_by_name(
    system: services.SystemService, user: types.User, message: str
) -> None:
    with pytest.raises(sdk.Error, match=message):
        system.users_service().add(user)


def test_a_group_that_cannot_be_added_or_removed(system: services.SystemService) -> None:
    groups = system.groups_service()
    with pytest.raises(sdk.Error, match=r"domain internal-authz \(group.domain\) has no such group"):
        groups.add(types.Group(name="nothing", domain=INTERNAL))
    with pytest.raises(sdk.Error, match="a group is one of a domain"):
        groups.add(types.Group(name="staff"))
    (everyone,) = groups.list(search="name=Everyone")
    with pytest.raises(sdk.Error, match="every user is in it"):
        groups.group_service(everyone.id).remove()


def test_the_last_one_who_may_do_everything_stays(system: services.SystemService) -> None:
    (admin,) = system.users_service().list(search="usrname=admin@internal-authz")
    with pytest.raises(sdk.Error, match="nobody else has it on the system"):
        system.users_service().user_service(admin.id).remove()
