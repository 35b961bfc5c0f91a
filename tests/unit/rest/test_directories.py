"""Users and groups of directories: listed, added, given roles, signed on; and when their directory does not answer."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import httpx
import pytest
from ovirtsdk4 import Error, services, types

from hosted_engine.engine.users.directory import Entry
from hosted_engine.engine.users.domain_changes import remove_directory
from hosted_engine.engine.users.model import Group, User
from hosted_engine.engine.users.refresher import DirectoryRefresher
from hosted_engine.rest.app import make_app
from hosted_engine.rest.resources import handlers
from tests.fakes.directory import FakeDirectories, add_directory_domain
from tests.fakes.engine import PASSWORD, World
from tests.unit.rest.people import give
from tests.unit.rest.recorder import API
from tests.unit.rest.server import Served, served

DOMAIN, TOKEN = "corp-authz", "/ovirt-engine/sso/oauth/token"
WORD = "Jane-word-1"


def add_domain(world: World) -> None:
    add_directory_domain(world.store, DOMAIN)


def fill(directories: FakeDirectories) -> Entry:
    jane = directories.add_user("jane", WORD, first_name="Jane", last_name="Doe", email="jane@corp.example")
    directories.add_user("jack", "Jack-word-1")
    admins = directories.add_group("admins", jane)
    directories.add_group("staff", admins)
    return jane


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("engine")) as there:
        add_domain(there.world)
        fill(there.world.directories)
        yield there


@pytest.fixture
def corp(system: services.SystemService) -> services.DomainService:
    (domain,) = (one for one in system.domains_service().list() if one.name == DOMAIN)
    return system.domains_service().domain_service(domain.id)


def test_users_of_a_directory_are_listed_and_searched(corp: services.DomainService) -> None:
    users = corp.users_service()
    assert [(user.user_name, user.name) for user in users.list()] == [
        ("jack@corp-authz", ""),
        ("jane@corp-authz", "Jane"),
    ]
    (jane,) = users.list(search="usrname=jan*")
    assert (jane.last_name, jane.email, jane.domain.name) == ("Doe", "jane@corp.example", DOMAIN)
    assert users.user_service(jane.id).get().principal == "jane"
    assert len(users.list(max=1)) == 1


def test_groups_of_a_directory_are_listed_and_searched(corp: services.DomainService) -> None:
    groups = corp.groups_service()
    assert [group.name for group in groups.list()] == ["admins", "staff"]
    (staff,) = groups.list(search="name=sta*")
    assert groups.group_service(staff.id).get().name == "staff"


@pytest.mark.parametrize(("search", "status"), [("usrname<x", 400), ("nothing=1", 400), ("vm.name=x", 501)])
def test_what_a_directory_cannot_be_asked_for_is_refused(
    corp: services.DomainService, search: str, status: int
) -> None:
    with pytest.raises(Error) as refused:
        corp.users_service().list(search=search)
    assert refused.value.code in (400, status)


def test_what_is_not_there_is_404(corp: services.DomainService) -> None:
    for service in (corp.users_service().user_service("x"), corp.groups_service().group_service("x")):
        with pytest.raises(Error) as refused:
            service.get()
        assert refused.value.code == 404


def test_a_user_and_a_group_are_added_and_given_roles(system: services.SystemService) -> None:
    domain = types.Domain(name=DOMAIN)
    users, groups = system.users_service(), system.groups_service()
    user = users.add(types.User(user_name="jack@corp-authz", domain=domain))
    group = groups.add(types.Group(name="staff", domain=domain))
    assert (user.principal, user.domain_entry_id) == ("jack", "id-of-jack")
    assert users.add(types.User(user_name="jack@corp-authz", domain=domain)).id == user.id
    assert [one.name for one in groups.list(search="name=staff")] == ["staff"]
    permissions = users.user_service(user.id).permissions_service()
    permissions.add(types.Permission(role=types.Role(name="ReadOnlyAdmin")))
    assert [one.role.id is not None for one in permissions.list()] == [True]
    users.user_service(user.id).remove()
    groups.group_service(group.id).remove()


@pytest.mark.parametrize(
    ("name", "principal"), [("nobody@corp-authz", None), ("jack@corp-authz", "jane"), ("jan*@corp-authz", None)]
)
def test_nobody_else_is_added(system: services.SystemService, name: str, principal: str | None) -> None:
    user = types.User(user_name=name, principal=principal, domain=types.Domain(name=DOMAIN))
    with pytest.raises(Error) as refused:
        system.users_service().add(user)
    assert refused.value.code == 400


def test_a_group_is_of_a_namespace(system: services.SystemService, corp: services.DomainService) -> None:
    """As Ansible's ovirt_group names it: what the directory is searched below."""
    groups, domain = system.groups_service(), types.Domain(name=DOMAIN)
    assert {group.namespace for group in corp.groups_service().list()} == {"dc=corp"}
    assert {user.namespace for user in corp.users_service().list()} == {"dc=corp"}
    with pytest.raises(Error, match=r"group.namespace cannot be set to dc=other"):
        groups.add(types.Group(name="admins", domain=domain, namespace="dc=other"))
    group = groups.add(types.Group(name="admins", domain=domain, namespace="dc=corp"))
    assert group.namespace == "dc=corp"
    groups.group_service(group.id).remove()


def test_the_internal_domain_is_as_before(system: services.SystemService) -> None:
    (internal,) = (one for one in system.domains_service().list() if one.name == "internal-authz")
    users = system.domains_service().domain_service(internal.id).users_service()
    assert [user.user_name for user in users.list(search="usrname=adm*")] == ["admin@internal-authz"]


class Site:
    """An engine whose directory has people, and a client of it."""

    def __init__(self, client: httpx.AsyncClient, world: World) -> None:
        self.client = client
        self.world = world
        self.directories = world.directories

    def known_group(self, name: str, role: str = "ReadOnlyAdmin") -> Group:
        group = Group(id=f"g-{name}", name=name, domain=DOMAIN, domain_entry_id=f"id-of-{name}")
        with self.world.store.transaction() as tx:
            tx.of(Group).add(group)
        give(self.world.store, group, role)
        return group

    async def sign_on(self, user: str, password: str) -> tuple[int, dict[str, str]]:
        form = {"grant_type": "password", "username": user, "password": password}
        response = await self.client.post(TOKEN, data=form)
        return response.status_code, response.json()

    def users(self) -> list[User]:
        with self.world.store.transaction() as tx:
            return list(tx.users.list(domain=DOMAIN))


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    world = World()
    add_domain(world)
    fill(world.directories)
    app = make_app(
        store=world.store,
        handlers=handlers(world.engine),
        authority_pem=b"",
        directories=world.directories,
        clock=lambda: world.now,
    )
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="https://engine") as client:
        yield Site(client, world)


async def test_who_is_in_a_group_with_a_role_signs_on(site: Site) -> None:
    """By a group that is in it; and is a user from then on."""
    site.known_group("staff")
    status, answer = await site.sign_on("jane@corp", WORD)
    assert status == 200
    bearer = {"Authorization": f"Bearer {answer['access_token']}", "Accept": "application/json"}
    assert (await site.client.get(f"{API}/vms", headers=bearer)).status_code == 200
    assert [user.name for user in site.users()] == ["jane@corp-authz"]
    assert (await site.sign_on("jack@corp", "Jack-word-1"))[0] == 400


@pytest.mark.parametrize(("user", "password"), [("jane@corp", "wrong"), ("jane@corp", ""), ("nobody@corp", WORD)])
async def test_a_wrong_password_is_denied(site: Site, user: str, password: str) -> None:
    site.known_group("staff")
    status, answer = await site.sign_on(user, password)
    assert (status, answer["error_code"]) == (400, "access_denied")
    assert not site.users()


async def test_one_user_has_one_counter_of_wrong_passwords(site: Site) -> None:
    """However it is written."""
    site.known_group("staff")
    for name in ("jane", "Jane", "JANE", "jANE", "janE"):
        await site.sign_on(f"{name}@corp", "wrong")
    assert (await site.sign_on("jaNe@corp", WORD))[0] == 400
    site.world.now += 2
    assert (await site.sign_on("jaNe@corp", WORD))[0] == 200


async def test_why_somebody_is_not_let_in_is_said_to_who_knows_the_password(site: Site) -> None:
    jane = site.directories.people["id-of-jane"]
    site.known_group("staff")
    site.directories.hindrances[jane.id] = "the password has expired in the directory"
    assert "has expired in the directory" in (await site.sign_on("jane@corp", WORD))[1]["error"]
    assert "expired" not in (await site.sign_on("jane@corp", "wrong"))[1]["error"]
    site.directories.hindrances.clear()
    site.directories.people[jane.id] = replace(jane, enabled=False)
    assert "disabled in the directory" in (await site.sign_on("jane@corp", WORD))[1]["error"]


async def test_a_directory_that_does_not_answer_says_so(site: Site) -> None:
    site.directories.is_down = True
    status, answer = await site.sign_on("jane@corp", WORD)
    assert (status, answer["error_code"]) == (503, "temporarily_unavailable")
    assert "corp" in answer["error"]
    response = await site.client.get(API, auth=("jane@corp", WORD), headers={"Accept": "application/json"})
    assert (response.status_code, "Cannot ask the directory" in response.json()["detail"]) == (503, True)
    assert (await site.sign_on("admin@internal", "x"))[0] == 400


async def test_who_is_signed_on_stays_so_while_the_directory_is_down(site: Site) -> None:
    site.known_group("staff")
    _, answer = await site.sign_on("jane@corp", WORD)
    site.directories.is_down = True
    bearer = {"Authorization": f"Bearer {answer['access_token']}"}
    assert (await site.client.get(API, headers=bearer)).status_code == 200
    await DirectoryRefresher(site.world.engine).refresh()
    assert (await site.client.get(API, headers=bearer)).status_code == 200


async def test_basic_credentials_ask_the_directory_once_a_minute(site: Site) -> None:
    site.known_group("staff")
    for _ in range(3):
        assert (await site.client.get(API, auth=("jane@corp", WORD))).status_code == 200
    assert site.directories.asked.count("check_password") == 1
    site.world.now += 61
    site.directories.passwords["id-of-jane"] = "another"
    assert (await site.client.get(API, auth=("jane@corp", WORD))).status_code == 401


async def test_one_slow_directory_holds_up_nobody_else(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = asyncio.Event()

    async def slow(*_: object) -> None:
        await go_on.wait()

    monkeypatch.setattr(site.directories, "find_user", slow)
    waiting = [asyncio.create_task(site.sign_on(f"u{n}@corp", "x")) for n in range(10)]
    await asyncio.sleep(0.05)
    began = time.monotonic()
    assert (await site.sign_on("admin@internal", PASSWORD))[0] == 200
    assert time.monotonic() - began < 5
    assert not any(task.done() for task in waiting)
    go_on.set()
    assert {status for status, _ in await asyncio.gather(*waiting)} == {400}


async def test_a_new_user_of_an_old_name_gets_nothing_of_the_old_one(site: Site) -> None:
    site.known_group("staff")
    await site.sign_on("jane@corp", WORD)
    directories = site.directories
    del directories.people["id-of-jane"]
    other = Entry(id="another-id", name="jane", dn="uid=jane")
    directories.people["another-id"], directories.passwords["another-id"] = other, "Other-word-1"
    directories.members["id-of-admins"] = ("another-id",)
    status, answer = await site.sign_on("jane@corp", "Other-word-1")
    assert (status, "another user of this name" in answer["error"]) == (400, True)
    (old,) = site.users()
    body = {"user_name": "jane@corp-authz", "domain": {"name": DOMAIN}}
    admin = ("admin@internal", PASSWORD)
    assert (await site.client.post(f"{API}/users", json=body, auth=admin)).status_code == 409
    assert (await site.client.delete(f"{API}/users/{old.id}", auth=admin)).status_code == 200
    assert (await site.sign_on("jane@corp", "Other-word-1"))[0] == 200


async def signed_on(site: Site) -> dict[str, str]:
    _, answer = await site.sign_on("jane@corp", WORD)
    return {"Authorization": f"Bearer {answer['access_token']}"}


async def test_who_is_gone_from_the_directory_is_signed_out(site: Site) -> None:
    site.known_group("staff")
    bearer = await signed_on(site)
    await DirectoryRefresher(site.world.engine).refresh()
    assert (await site.client.get(API, headers=bearer)).status_code == 200
    del site.directories.people["id-of-jane"]
    await DirectoryRefresher(site.world.engine).refresh()
    assert (await site.client.get(API, headers=bearer)).status_code == 401
    with site.world.store.transaction() as tx:
        assert tx.events.list()[0].name == "USER_VDC_SESSION_TERMINATED"


async def test_who_is_locked_in_the_directory_is_signed_out(site: Site) -> None:
    site.known_group("staff")
    bearer = await signed_on(site)
    site.directories.people["id-of-jane"] = replace(site.directories.people["id-of-jane"], enabled=False)
    await DirectoryRefresher(site.world.engine).refresh()
    assert (await site.client.get(API, headers=bearer)).status_code == 401


async def test_who_is_called_otherwise_is_so_here_and_keeps_what_is_theirs(site: Site) -> None:
    site.known_group("staff")
    await signed_on(site)
    (before,) = site.users()
    site.directories.people["id-of-jane"] = replace(site.directories.people["id-of-jane"], name="jane.doe")
    await DirectoryRefresher(site.world.engine).refresh()
    assert [(user.id, user.name) for user in site.users()] == [(before.id, "jane.doe@corp-authz")]
    assert (await site.sign_on("jane.doe@corp", WORD))[0] == 200
    site.world.now += 61  # so long a right password counts
    assert (await site.sign_on("jane@corp", WORD))[0] == 400


async def test_who_left_a_group_may_no_more_what_it_may(site: Site) -> None:
    site.known_group("staff")
    bearer = await signed_on(site)
    assert (await site.client.get(f"{API}/vms", headers=bearer)).status_code == 200
    site.directories.members["id-of-admins"] = ()
    await DirectoryRefresher(site.world.engine).refresh()
    assert (await site.client.get(f"{API}/vms", headers=bearer)).status_code == 403


async def test_a_domain_that_is_removed_lets_nobody_in(site: Site) -> None:
    site.known_group("staff")
    bearer = await signed_on(site)
    with site.world.store.transaction() as tx:
        remove_directory(tx, "corp")
    assert (await site.client.get(API, headers=bearer)).status_code == 401
    assert (await site.sign_on("jane@corp", WORD))[0] == 400
    assert len(site.users()) == 1


async def test_passwords_of_a_directory_are_changed_there(site: Site) -> None:
    new = {"credentialsNew1": "Another-word-1", "credentialsNew2": "Another-word-1"}
    form = {"username": "jane", "profile": "corp", "credentials": WORD, **new}
    response = await site.client.post("/ovirt-engine/sso/interactive-change-passwd", data=form)
    assert (response.status_code, "changed in its directory" in response.json()["error"]) == (400, True)
