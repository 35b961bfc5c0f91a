"""A directory beside a lab: its users sign in and may do what their role says; that it is down is said, and no more."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import types

from ci.lab import engine_vm
from ci.lab.names import GATEWAY_ADDRESS
from tests.conformance.test_sdk import connect, discard, new_vm
from tests.integration.ldap.server import BASE, BIND_DN, BIND_PASSWORD, Slapd, slapd
from tests.lab.engine_faults import HANG_S, in_engine
from tests.lab.under_test import LabUnderTest

pytestmark = pytest.mark.long

PORTS = (636, 389)
NAME, GROUP, PASSWORD = "corp", "operators", "Jane-word-1"
AUTHORITY = "/run/directory-authority.pem"


@pytest.fixture
def directory(lab: LabUnderTest, tmp_path: Path) -> Iterator[Slapd]:
    """jane is in a group; jack is in none. The engine knows it; not any more afterwards."""
    with slapd(tmp_path / "slapd", GATEWAY_ADDRESS, ports=PORTS, inside=inside(lab)) as server:
        jane = server.add_user("jane", PASSWORD, first_name="Jane", last_name="Doe")
        server.add_user("jack", PASSWORD)
        server.add_group("all", server.add_group(GROUP, jane))
        engine_vm.find(lab.appliance.machines).write(AUTHORITY, server.authority_pem.encode())
        assert "was not let in to search" in add_directory(lab, "wrong")
        assert "users are: " in add_directory(lab, BIND_PASSWORD)
        try:
            yield server
        finally:
            in_engine(lab, "trivet-domains", "remove", NAME)


def inside(lab: LabUnderTest) -> tuple[str, ...]:
    return ("nsenter", f"--net={lab.appliance.lab.netns_path}")


def add_directory(lab: LabUnderTest, password: str) -> str:
    """What the command says, whether it succeeds or not."""
    command = ("/usr/bin/trivet-domains", "add-ldap", NAME, "--schema", "openldap", "--tls", "ldaps")
    where = ("--server", f"{GATEWAY_ADDRESS}:{PORTS[0]}", "--base-dn", BASE, "--ca-file", AUTHORITY)
    bind = ("--bind-dn", BIND_DN, "--password-fd", "0")
    done = engine_vm.find(lab.appliance.machines).exec(
        *command, *where, *bind, stdin=f"{password}\n".encode(), timeout_s=HANG_S
    )
    return (done.stdout + done.stderr).decode()


def test_users_of_a_directory_do_what_their_role_says(lab: LabUnderTest, directory: Slapd) -> None:
    name = f"test-{uuid.uuid4().hex[:8]}"
    with connect(lab) as administrator:
        system = administrator.system_service()
        vms = system.vms_service()
        own, other = (vms.add(new_vm(f"{name}-{which}", template="Blank")) for which in ("own", "other"))
        group = known_group(system)
        try:
            with pytest.raises(sdk.AuthError):  # known there, but without a role here
                sign_in(lab, "jane").system_service().get()
            allow(system, group, own)
            with sign_in(lab, "jane") as jane:
                mine = jane.system_service().vms_service()
                assert {vm.name for vm in mine.list(filter=True)} == {own.name}
                mine.vm_service(own.id).update(types.Vm(comment="by jane"))
                assert vms.vm_service(own.id).get().comment == "by jane"
                assert refusal(lambda: mine.vm_service(other.id).update(types.Vm(comment="by jane"))) in (403, 404)
                assert refusal(lambda: mine.vm_service(other.id).remove()) in (403, 404)
                assert refusal(lambda: mine.add(new_vm(f"{name}-more"))) == 403
            for login, password in (("jane", "wrong"), ("jack", PASSWORD), ("nobody", PASSWORD)):
                with pytest.raises(sdk.AuthError):
                    sign_in(lab, login, password).system_service().get()
            assert f"jane@{NAME}" in in_engine(lab, "trivet-audit", "--last", "50")
        finally:
            for vm in (own, other):
                discard(system, vm.id)
            system.groups_service().group_service(group.id).remove()


def test_a_directory_that_is_down_is_told_and_holds_up_nobody_else(lab: LabUnderTest, tmp_path: Path) -> None:
    with slapd(tmp_path / "slapd", GATEWAY_ADDRESS, ports=PORTS, inside=inside(lab)) as server:
        server.add_user("jane", PASSWORD)
        engine_vm.find(lab.appliance.machines).write(AUTHORITY, server.authority_pem.encode())
        add_directory(lab, BIND_PASSWORD)
    try:
        with pytest.raises(sdk.AuthError, match="answer"):
            sign_in(lab, "jane").system_service().get()
        with connect(lab) as administrator:
            assert administrator.test(raise_exception=True)
            said = [one.description for one in administrator.system_service().events_service().list(max=20)]
            assert any(NAME in description and "answer" in description for description in said), said
        done = engine_vm.find(lab.appliance.machines).exec("/usr/bin/trivet-domains", "test", NAME, timeout_s=HANG_S)
        assert done.returncode != 0
        assert b"answer" in done.stdout + done.stderr
    finally:
        in_engine(lab, "trivet-domains", "remove", NAME)


def refusal(ask: Callable[[], object]) -> int:
    with pytest.raises(sdk.Error) as caught:
        ask()
    return int(caught.value.code)


def sign_in(lab: LabUnderTest, user: str, password: str = PASSWORD) -> sdk.Connection:
    return sdk.Connection(
        url=lab.url, username=f"{user}@{NAME}", password=password, ca_file=str(lab.authority), timeout=120
    )


def known_group(system: sdk.services.SystemService) -> types.Group:
    """The outer one, which jane is in by the inner one."""
    (domain,) = [one for one in system.domains_service().list() if one.name == f"{NAME}-authz"]
    (found,) = system.domains_service().domain_service(domain.id).groups_service().list(search="name=all")
    wanted = types.Group(name=found.name, domain=types.Domain(name=domain.name))
    added: types.Group = system.groups_service().add(wanted)
    return added


def allow(system: sdk.services.SystemService, group: types.Group, vm: types.Vm) -> None:
    (role,) = [one for one in system.roles_service().list() if one.name == "UserVmManager"]
    permissions = system.vms_service().vm_service(vm.id).permissions_service()
    permissions.add(types.Permission(group=types.Group(id=group.id), role=types.Role(id=role.id)))
