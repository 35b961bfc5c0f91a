"""A fourth node of the lab asks to be taken in: approved by the SDK, turned away, and with somebody in between."""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import types
from rich.console import Console

from ci.lab import adding
from ci.lab.names import ENGINE_ADDRESS
from ci.lab.progress import Progress
from hosted_engine.authority import KeyPair
from node.fingerprint import format_proquints
from node.join_code import new_join_code
from node.system.process import run
from node.tls import certificate_fingerprint, fetch_certificate
from tests.conformance.outside import console, running, until
from tests.conformance.test_sdk import UP_WITHIN_S, connect, discard, new_vm
from tests.lab import interceptor, listeners
from tests.lab.engine_faults import in_engine
from tests.lab.mounted import mount_point
from tests.lab.under_test import LabUnderTest, find

HANG_S = 300.0  # what takes seconds
OWN_FOLDER, STATUS = Path("/var/lib/trivet/node"), Path("/run/trivet-node/join-status.json")
PENDING, UP, MAINTENANCE = types.HostStatus.PENDING_APPROVAL, types.HostStatus.UP, types.HostStatus.MAINTENANCE


@dataclass(frozen=True)
class Fourth:
    """A node beside those of the site; `lab` counts it, `site` are the others."""

    lab: LabUnderTest
    name: str
    folder: Path

    @property
    def site(self) -> tuple[str, ...]:
        return tuple(name for name in self.lab.nodes if name != self.name)

    def join(self, engine: str, *options: str, code: str = "") -> dict[str, Any]:
        """What `trivet join` says, with its exit status."""
        command = ("trivet", "join", engine, "--json", *options, *(("--code-fd", "0") if code else ()))
        done = self.lab.node(self.name).exec(*command, stdin=code, timeout_s=HANG_S, check=False)
        return {"status": done.returncode, **json.loads(done.stdout)}

    def state(self) -> str:
        """What its agent has learned of its asking."""
        done = self.lab.node(self.name).exec("cat", str(STATUS), check=False)
        return str(json.loads(done.stdout)["state"]) if done.returncode == 0 else ""

    def file(self, name: str) -> str:
        return self.lab.exec(self.name, "cat", str(OWN_FOLDER / name))

    def lets_in(self, pair: KeyPair, name: str) -> dict[str, set[bool]]:
        """What the site's nodes answer to who has this key and certificate, by process."""
        return listeners.who_lets_in(self.lab, self.site, listeners.client_context(pair, self.folder / name))

    def own_pair(self) -> KeyPair:
        return KeyPair(self.file("key.pem"), self.file("cert.pem"))


@pytest.fixture(scope="module")
def fourth(lab: LabUnderTest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fourth]:
    """A fresh node; away again afterwards, also from the site."""
    progress = Progress(Console(stderr=True))
    machine = adding.add(lab.appliance, progress, run)
    grown = find(lab.appliance.lab.name)
    yield Fourth(grown, machine.node.name, tmp_path_factory.mktemp("fourth"))
    adding.remove(grown.appliance, progress, run)
    forget(lab, machine.node.name)


@pytest.fixture
def hosts(lab: LabUnderTest) -> Iterator[sdk.services.HostsService]:
    with connect(lab) as connection:
        yield connection.system_service().hosts_service()


def forget(lab: LabUnderTest, name: str) -> None:
    """Where a test has failed the machine may have been of the site."""
    gone = (types.HostStatus.NON_RESPONSIVE, types.HostStatus.DOWN, MAINTENANCE, PENDING)
    with connect(lab) as connection:
        hosts = connection.system_service().hosts_service()
        for service in [hosts.host_service(host.id) for host in hosts.list(search=f"name={name}")]:
            until("it is lost", partial(_is_in, service, gone), timeout_s=HANG_S)
            service.remove(force=True)


def _is_in(service: sdk.services.HostService, statuses: tuple[types.HostStatus, ...]) -> bool:
    return service.get().status in statuses


def pending(hosts: sdk.services.HostsService) -> list[types.Host]:
    return list(hosts.list(search="status=pending_approval"))


def engine_fingerprint(lab: LabUnderTest) -> str:
    """As the host sees it, through the relay, which passes bytes only."""
    return certificate_fingerprint(fetch_certificate("127.0.0.1", lab.appliance.settings.port, None))


def test_somebody_in_between_is_seen_by_the_words(fourth: Fourth, hosts: sdk.services.HostsService) -> None:
    words = format_proquints(engine_fingerprint(fourth.lab))
    with interceptor.interceptor(fourth.lab, fourth.folder) as false_fingerprint:
        shown = fourth.join(interceptor.ADDRESS, "--dry-run")
        assert shown["engine_words"] == format_proquints(false_fingerprint) != words
        refused = fourth.join(interceptor.ADDRESS, "--fingerprint", words, "--no-wait")
        assert (refused["status"], refused["error"]["code"]) == (2, "NotAsked")
        assert format_proquints(false_fingerprint) in refused["error"]["why"]
        # Who does not compare is not helped, but nobody gets in: the engine sees to which key the machine speaks.
        fourth.join(interceptor.ADDRESS, "--fingerprint", format_proquints(false_fingerprint), "--no-wait")
        until("the engine refuses", lambda: fourth.state() == "refused", timeout_s=HANG_S)
        assert "another" in fourth.lab.exec(fourth.name, "cat", str(STATUS))
        assert pending(hosts) == []
        fourth.join(interceptor.ADDRESS, "--cancel")


def test_a_rejected_node_can_talk_to_nothing(fourth: Fourth, hosts: sdk.services.HostsService) -> None:
    host = ask(fourth, hosts)
    hosts.host_service(host.id).remove()
    until("it is told", lambda: fourth.state() == "rejected", timeout_s=HANG_S)
    assert hosts.list(search=f"name={fourth.name}") == []
    assert fourth.lets_in(fourth.own_pair(), "rejected") == {name: {False} for name in listeners.FOR_MEMBERS}


@pytest.mark.long
def test_a_node_is_approved_runs_a_vm_and_is_removed(
    fourth: Fourth, hosts: sdk.services.HostsService, lab: LabUnderTest
) -> None:
    host = ask(fourth, hosts)
    service = hosts.host_service(host.id)
    begun = time.monotonic()
    service.approve(cluster=types.Cluster(name="Default"))
    until("the node is up", lambda: bool(service.get().status == UP), timeout_s=HANG_S)
    print(f"up {time.monotonic() - begun:.1f} s after its approval (load {os.getloadavg()[0]:.1f})")
    member = fourth.own_pair()
    assert fourth.lets_in(member, "member") == {name: {True} for name in listeners.FOR_MEMBERS}

    run_vm(fourth, host)
    service.deactivate()
    until("it is in maintenance", lambda: bool(service.get().status == MAINTENANCE), timeout_s=HANG_S)
    begun = time.monotonic()
    service.remove()
    until("it is gone", lambda: not hosts.list(search=f"name={fourth.name}"), timeout_s=HANG_S)
    print(f"gone {time.monotonic() - begun:.1f} s after its removal (load {os.getloadavg()[0]:.1f})")
    assert fourth.file("claim") != ""
    assert fourth.lets_in(fourth.own_pair(), "removed") == {name: {False} for name in listeners.FOR_MEMBERS}
    assert fourth.lets_in(member, "former") == {name: {False} for name in listeners.FOR_MEMBERS}, (
        "its old certificate opens nothing"
    )
    assert_forgotten(lab, fourth)


@pytest.mark.long
def test_a_join_code_takes_one_node_in_once_and_a_wrong_one_none(
    fourth: Fourth, hosts: sdk.services.HostsService, lab: LabUnderTest
) -> None:
    words = format_proquints(engine_fingerprint(lab))
    wrong = fourth.join(ENGINE_ADDRESS, "--fingerprint", words, code=new_join_code())
    assert (wrong["status"], wrong["state"]) == (1, "rejected")
    assert "join code" in wrong["detail"]
    assert hosts.list(search=f"name={fourth.name}") == []

    made = dict(line.split(": ", 1) for line in in_engine(lab, "trivet-join-codes", "add").splitlines())
    assert made["engine's words"] == words
    fourth.join(ENGINE_ADDRESS, "--fingerprint", words, code=made["code"])
    until("the node is up", lambda: is_up(hosts, fourth.name), timeout_s=HANG_S)
    shown = in_engine(lab, "trivet-join-codes", "list")
    assert f"by host {fourth.name}" in shown
    assert made["code"] not in shown
    assert made["code"] not in fourth.lab.exec(fourth.name, "sh", "-c", f"cat {OWN_FOLDER}/*.json")

    leave(fourth, hosts)
    again = fourth.join(ENGINE_ADDRESS, "--fingerprint", words, code=made["code"])
    assert (again["status"], again["state"]) == (1, "rejected")
    assert "used" in again["detail"]
    assert hosts.list(search=f"name={fourth.name}") == []


@pytest.mark.long
def test_a_host_is_installed_anew_and_has_again_what_it_has_lost(
    fourth: Fourth, hosts: sdk.services.HostsService, lab: LabUnderTest
) -> None:
    host = ask(fourth, hosts)
    service = hosts.host_service(host.id)
    service.approve(cluster=types.Cluster(name="Default"))
    until("the node is up", lambda: bool(service.get().status == UP), timeout_s=HANG_S)
    with pytest.raises(sdk.Error, match="Maintenance"):
        service.install()
    service.deactivate()
    until("it is in maintenance", lambda: bool(service.get().status == MAINTENANCE), timeout_s=HANG_S)
    before, data = fourth.file("cert.pem"), str(mount_point(fourth.lab, fourth.name, "data"))
    with pytest.raises(sdk.Error, match="password"):
        service.install(root_password="secret")
    lose_what_it_was_given(fourth, data)

    service.install()
    until("it is installed", lambda: is_installed(service), timeout_s=HANG_S)
    until("it is in maintenance as before", lambda: bool(service.get().status == MAINTENANCE), timeout_s=HANG_S)
    assert fourth.file("cert.pem") != before
    assert fourth.lets_in(fourth.own_pair(), "installed") == {name: {True} for name in listeners.FOR_MEMBERS}
    assert str(mount_point(fourth.lab, fourth.name, "data")) == data
    service.activate()
    until("it is up", lambda: bool(service.get().status == UP), timeout_s=HANG_S)
    run_vm(fourth, host)
    leave(fourth, hosts)
    assert_forgotten(lab, fourth)


def lose_what_it_was_given(fourth: Fourth, data: str) -> None:
    """The name of another one, and what it mounts."""
    fourth.lab.exec(fourth.name, "sh", "-c", f"sed -i '/{fourth.site[0]}/d' /etc/hosts")
    fourth.lab.exec(fourth.name, "umount", "--lazy", data)


def leave(fourth: Fourth, hosts: sdk.services.HostsService) -> None:
    (host,) = hosts.list(search=f"name={fourth.name}")
    service = hosts.host_service(host.id)
    service.deactivate()
    until("it is in maintenance", lambda: bool(service.get().status == MAINTENANCE), timeout_s=HANG_S)
    service.remove()
    until("it is gone", lambda: not hosts.list(search=f"name={fourth.name}"), timeout_s=HANG_S)


def is_up(hosts: sdk.services.HostsService, name: str) -> bool:
    return [host.status for host in hosts.list(search=f"name={name}")] == [UP]


def is_installed(service: sdk.services.HostService) -> bool:
    return service.get().status not in (types.HostStatus.INSTALLING, types.HostStatus.CONNECTING)


def ask(fourth: Fourth, hosts: sdk.services.HostsService) -> types.Host:
    """Have it ask, with the engine's true words, and give the host that it is shown as. Both sides show the same."""
    words = format_proquints(engine_fingerprint(fourth.lab))
    said = fourth.join(ENGINE_ADDRESS, "--fingerprint", words, "--no-wait")
    assert (said["status"], said["engine_words"]) == (0, words)
    until("it is shown", lambda: len(pending(hosts)) == 1, timeout_s=HANG_S)
    (host,) = pending(hosts)
    assert (host.name, host.address) == (fourth.name, fourth.lab.node(fourth.name).node.address)
    assert host.ssh.fingerprint == said["words"] == format_proquints(certificate_fingerprint(fourth.file("cert.pem")))
    assert said["words"] in host.status_detail
    assert words in host.status_detail
    return host


def run_vm(fourth: Fourth, host: types.Host) -> None:
    """One that runs there, seen in libvirt and in what its guest says, and that is gone afterwards."""
    with connect(fourth.lab) as connection:
        vms = connection.system_service().vms_service()
        vm = vms.add(new_vm("on-the-fourth"))
        service = vms.vm_service(vm.id)
        until("the VM is made", lambda: bool(service.get().status == types.VmStatus.DOWN), timeout_s=HANG_S)
        service.start(vm=types.Vm(placement_policy=types.VmPlacementPolicy(hosts=[types.Host(id=host.id)])))
        until("the VM is up", lambda: bool(service.get().status == types.VmStatus.UP), timeout_s=UP_WITHIN_S)
        assert vm.id in running(fourth.lab, fourth.name)

        def started() -> bool:
            return "trivet-tiny: ready" in console(fourth.lab, fourth.name, vm.id)

        until("the guest has started", started, timeout_s=UP_WITHIN_S)
        discard(connection.system_service(), vm.id)


def assert_forgotten(lab: LabUnderTest, fourth: Fourth) -> None:
    """The site's nodes know nothing of it any more."""
    for node in lab.nodes:
        assert fourth.name not in lab.exec(node, "gluster", "pool", "list")
        assert fourth.name not in lab.exec(node, "cat", "/etc/hosts")
        assert fourth.name not in lab.exec(node, "gluster", "volume", "info")
        hosts = json.loads(lab.exec(node, "trivet", "ha", "status", "--json"))["hosts"]
        assert fourth.name not in {host["name"] for host in hosts}
