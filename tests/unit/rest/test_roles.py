"""Roles, their permits, and permissions through the unmodified SDK."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services, types

from hosted_engine.engine.roles import predefined
from tests.unit.rest import people
from tests.unit.rest.server import Served, served


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(Path(tmp_path_factory.mktemp("engine"))) as there:
        people.add_user(there.world.store, "jane")
        people.add_group(there.world.store, "staff", "jane")
        yield there


@pytest.fixture
def system(engine: Served) -> Iterator[services.SystemService]:
    connection = engine.connection()
    yield connection.system_service()
    for collection in ("users", "groups"):
        for holder in getattr(connection.system_service(), f"{collection}_service")().list():
            service = getattr(connection.system_service(), f"{collection}_service")().service(holder.id)
            for permission in service.permissions_service().list():
                if getattr(holder, "principal", holder.name) in ("jane", "staff"):
                    service.permissions_service().permission_service(permission.id).remove()
    for role in connection.system_service().roles_service().list():
        if role.mutable:
            connection.system_service().roles_service().role_service(role.id).remove()
    connection.close()


def events(system: services.SystemService, code: int) -> list[str]:
    return [event.description for event in system.events_service().list() if event.code == code]


def role_named(system: services.SystemService, name: str) -> services.RoleService:
    (found,) = [role for role in system.roles_service().list() if role.name == name]
    return system.roles_service().role_service(found.id)


def my_role(system: services.SystemService, **more: Any) -> services.RoleService:
    given = {"name": "myrole", "permits": [types.Permit(id="1"), types.Permit(id="1300")], **more}
    return system.roles_service().role_service(system.roles_service().add(types.Role(**given)).id)


def jane(system: services.SystemService) -> types.User:
    (user,) = system.users_service().list(search="usrname=jane@internal-authz")
    return user


def test_the_predefined_roles_are_ovirts(system: services.SystemService) -> None:
    roles = {role.id: role for role in system.roles_service().list()}
    assert len(roles) == 37
    for wanted in predefined.roles():
        found = roles[wanted.id]
        assert (found.name, found.administrative, found.mutable) == (wanted.name, wanted.administrative, False)
    operator = role_named(system, "DiskCreator").permits_service().list()
    assert sorted((permit.id, permit.name) for permit in operator) == [("1100", "create_disk"), ("1300", "login")]


def test_a_predefined_role_stays_as_it_is(system: services.SystemService) -> None:
    role = role_named(system, "UserRole")
    for change in (
        role.remove,
        lambda: role.update(types.Role(description="mine")),
        lambda: role.permits_service().add(types.Permit(id="1")),
        lambda: role.permits_service().permit_service("1300").remove(),
    ):
        with pytest.raises(sdk.Error, match="it is one of the predefined roles"):
            change()


def test_a_role_is_added_changed_and_removed(system: services.SystemService) -> None:
    role = my_role(system, description="to create VMs")
    shown = role.get()
    assert (shown.name, shown.description, shown.administrative, shown.mutable) == (
        "myrole",
        "to create VMs",
        False,
        True,
    )
    assert sorted(permit.name for permit in role.permits_service().list()) == ["create_vm", "login"]
    assert role.update(types.Role(description="other")).description == "other"
    assert role.update(role.get()).name == "myrole"  # what clients send back whole
    role.update(types.Role(permits=[types.Permit(id="2")]))
    assert [permit.name for permit in role.permits_service().list()] == ["delete_vm"]
    role.remove()
    with pytest.raises(sdk.NotFoundError):
        role.get()
    assert "Role myrole was added by admin@internal." in events(system, 864)
    assert "Role myrole was removed by admin@internal." in events(system, 858)


def test_permits_are_given_and_taken_one_by_one(system: services.SystemService) -> None:
    role = my_role(system)
    added = role.permits_service().add(types.Permit(id="22"))
    assert (added.name, role.permits_service().permit_service("22").get().name) == ("run_vm", "run_vm")
    role.permits_service().permit_service("1").remove()
    assert sorted(permit.name for permit in role.permits_service().list()) == ["login", "run_vm"]
    assert "Role myrole was given the permit run_vm by admin@internal." in events(system, 860)
    assert "The permit create_vm was taken from role myrole by admin@internal." in events(system, 862)


@pytest.mark.parametrize(
    ("role", "message"),
    [
        (types.Role(permits=[types.Permit(id="1")]), r"Role \[name\] required"),
        (types.Role(name="UserRole"), "another role has it already"),
        (types.Role(name="mine", permits=[types.Permit(id="4711")]), "There is no permit 4711"),
        (types.Role(name="mine", permits=[types.Permit(id="400")]), "create_cluster.*only a role that is admin"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_role_that_cannot_be_is_refused(system: services.SystemService, role: types.Role, message: str) -> None:
    with pytest.raises(sdk.Error, match=message):
        system.roles_service().add(role)


def test_only_an_administrative_role_has_administrative_permits(system: services.SystemService) -> None:
    role = my_role(system)
    with pytest.raises(sdk.Error, match="only a role that is administrative"):
        role.permits_service().add(types.Permit(id="400"))
    role.update(types.Role(administrative=True))
    role.permits_service().add(types.Permit(id="400"))
    with pytest.raises(sdk.Error, match="only a role that is administrative"):
        role.update(types.Role(administrative=False))


def test_a_role_that_somebody_has_stays(system: services.SystemService) -> None:
    role = my_role(system)
    permission = types.Permission(role=types.Role(name="myrole"), user=types.User(id=jane(system).id))
    system.permissions_service().add(permission)
    with pytest.raises(sdk.Error, match="it is used by permission"):
        role.remove()


@pytest.mark.parametrize(
    ("collection", "name"),
    [
        ("vms", "HostedEngine"),
        ("templates", "tiny"),
        ("clusters", "Default"),
        ("data_centers", "Default"),
        ("hosts", "node1"),
        ("storage_domains", "data"),
        ("networks", "ovirtmgmt"),
        ("vnic_profiles", "ovirtmgmt"),
    ],
)
@pytest.mark.parametrize("holder", ["user", "group"])
def test_a_permission_is_given_on_an_object_and_taken(
    system: services.SystemService, collection: str, name: str, holder: str
) -> None:
    objects = getattr(system, f"{collection}_service")()
    (there,) = [one for one in objects.list() if one.name == name]
    permissions = objects.service(there.id).permissions_service()
    before = len(permissions.list())
    who: Any = types.User(id=jane(system).id)
    if holder == "group":
        who = types.Group(id=system.groups_service().list(search="name=staff")[0].id)
    wanted = types.Permission(role=types.Role(name="UserRole"), **{holder: who})
    added = permissions.add(wanted)
    assert getattr(added, holder).id == who.id
    assert permissions.add(wanted).id == added.id  # again: it stays
    assert len(permissions.list()) == before + 1
    assert permissions.permission_service(added.id).get().id == added.id
    of_holder = getattr(system, f"{holder}s_service")().service(who.id)
    assert [one.id for one in of_holder.permissions_service().list()] == [added.id]
    assert [role.name for role in of_holder.roles_service().list()] == ["UserRole"]
    assert added.id not in [one.id for one in system.permissions_service().list()]
    permissions.permission_service(added.id).remove()
    assert len(permissions.list()) == before
    by = "jane@internal-authz" if holder == "user" else "staff"
    assert any(f"{by} was given the role UserRole on" in text and name in text for text in events(system, 850))
    assert any(f"was taken from {by}" in text and name in text for text in events(system, 852))


def test_an_object_shows_in_its_permission(system: services.SystemService) -> None:
    vm = system.vms_service().list()[0]
    permissions = system.users_service().user_service(jane(system).id).permissions_service()
    added = permissions.add(types.Permission(role=types.Role(name="UserRole"), vm=types.Vm(id=vm.id)))
    assert (added.vm.id, added.user.id, added.cluster) == (vm.id, jane(system).id, None)


def test_a_permission_on_the_system(system: services.SystemService) -> None:
    wanted = types.Permission(role=types.Role(name="VmCreator"), user=types.User(id=jane(system).id))
    added = system.permissions_service().add(wanted)
    assert added.id in [one.id for one in system.permissions_service().list()]
    of_user = system.users_service().user_service(jane(system).id).permissions_service()
    of_user.permission_service(added.id).remove()
    assert any("jane@internal-authz was given the role VmCreator on the system" in t for t in events(system, 866))
    assert any("was taken from jane@internal-authz" in text for text in events(system, 868))


@pytest.mark.parametrize(
    ("permission", "message"),
    [
        (types.Permission(role=types.Role(name="UserRole")), "a user or a group has to be named"),
        (types.Permission(user=types.User(id="me")), r"Permission \[role.id\|name\] required"),
        (types.Permission(role=types.Role(name="nothing")), "no role has the name nothing"),
        (types.Permission(role=types.Role(name="UserRole"), user=types.User(id="1234")), "There is no user 1234"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_permission_that_cannot_be_is_refused(
    system: services.SystemService, permission: types.Permission, message: str
) -> None:
    if permission.user is not None and permission.user.id == "me":
        permission.user = types.User(id=jane(system).id)
    with pytest.raises(sdk.Error, match=message):
        system.permissions_service().add(permission)


def test_permissions_go_with_the_user(system: services.SystemService, engine: Served) -> None:
    user = people.add_user(engine.world.store, "passing")
    people.give(engine.world.store, user, "UserRole")
    before = len(system.permissions_service().list())
    system.users_service().user_service(user.id).remove()
    assert len(system.permissions_service().list()) == before - 1


def test_the_last_super_user_keeps_the_role(system: services.SystemService) -> None:
    (super_user,) = [role.id for role in system.roles_service().list() if role.name == "SuperUser"]
    (only,) = [one for one in system.permissions_service().list() if one.role.id == super_user]
    with pytest.raises(sdk.Error, match="nobody else has it on the system"):
        system.permissions_service().permission_service(only.id).remove()
