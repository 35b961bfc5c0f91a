"""Certificates that have run out: a node is back by one command on its console and its VMs have gone on; a site that
was off for years is back by one on each of its nodes."""

import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import types

from hosted_engine.authority import KeyPair, renewed, validity
from hosted_engine.deploy.folder import AUTHORITY, DEFAULT_FOLDER
from node.registration.credentials import CERTIFICATE
from tests.conformance.outside import running, until
from tests.conformance.test_sdk import STATUS_DOWN, STATUS_UP, UP_WITHIN_S, connect, discard, new_vm
from tests.lab import ha_run
from tests.lab.under_test import LabUnderTest

pytestmark = [pytest.mark.long, pytest.mark.timeout(3 * ha_run.HANG_S)]

CERTIFICATE_FILE = f"/var/lib/trivet/node/{CERTIFICATE}"
SIX_YEARS = timedelta(days=6 * 365)  # a certificate is good for five
WORK_WITHIN_S = 300
WRONG_CODE = "ABCD-EFGH-JKLM-NPQR-STUV-WXYZ"


@pytest.fixture
def system(lab: LabUnderTest) -> Iterator[sdk.services.SystemService]:
    with connect(lab) as connection:
        yield connection.system_service()


def test_a_node_is_back_by_one_command_and_its_vms_go_on(
    whole: LabUnderTest, system: sdk.services.SystemService
) -> None:
    engine = ha_run.engine_host(whole)
    name = next(one for one in reversed(whole.nodes) if one != engine)
    service = system.vms_service().vm_service(system.vms_service().add(new_vm(f"test-{uuid.uuid4().hex[:8]}")).id)
    vm_id = service.get().id
    try:
        until("the VM is made", lambda: bool(service.get().status == STATUS_DOWN), timeout_s=WORK_WITHIN_S)
        service.start(vm=types.Vm(placement_policy=types.VmPlacementPolicy(hosts=[types.Host(name=name)])))
        until("the VM is up", lambda: bool(service.get().status == STATUS_UP), timeout_s=UP_WITHIN_S)
        process = qemu(whole, name, vm_id)

        run_out(whole, name)
        until("the host is lost", lambda: ha_run.host_states(whole)[name] == "non_responsive", timeout_s=WORK_WITHIN_S)
        until("its peers do not trust it", lambda: not is_connected(whole, engine, name), timeout_s=WORK_WITHIN_S)
        (host,) = system.hosts_service().list(search=f"name={name}")
        assert "expired" in host.status_detail
        assert qemu(whole, name, vm_id) == process

        before = whole.exec(name, "cat", CERTIFICATE_FILE)
        refused = whole.node(name).exec(*COMMAND, stdin=WRONG_CODE, check=False)
        assert (refused.returncode, "recovery code" in refused.stderr) == (1, True), refused.stderr
        assert whole.exec(name, "cat", CERTIFICATE_FILE) == before
        begun = time.monotonic()
        recover(whole, name)
        until("the host is up", lambda: ha_run.host_states(whole)[name] == "up", timeout_s=WORK_WITHIN_S)
        print(f"up {time.monotonic() - begun:.0f} s after the command was begun")
        until("its peers trust it", lambda: is_connected(whole, engine, name), timeout_s=WORK_WITHIN_S)
        until("its VM is up", lambda: bool(service.get().status == STATUS_UP), timeout_s=WORK_WITHIN_S)
        assert vm_id in running(whole, name)
        assert qemu(whole, name, vm_id) == process
    finally:
        discard(system, vm_id)


def test_a_site_that_was_off_for_years_is_back_by_one_command_on_each_node(whole: LabUnderTest) -> None:
    for name in whole.nodes:
        replace_certificate(whole, name)
        whole.exec(name, "sync")
    for name in whole.nodes:
        whole.kill(name)
    ha_run.power_on(whole, *whole.nodes)
    time.sleep(60)
    assert not ha_run.answers(whole)
    assert ha_run.engine_hosts(whole) == []
    begun = time.monotonic()
    for name in whole.nodes:
        recover(whole, name)
    ha_run.until("the API answers", lambda: ha_run.answers(whole))
    print(f"the API answers {time.monotonic() - begun:.0f} s after the first command was begun")
    now = time.time()
    for name in whole.nodes:
        since, end = validity(whole.exec(name, "cat", CERTIFICATE_FILE))
        assert since < now < end


COMMAND = ("trivet", "node", "recover-certificates", "--yes", "--code-fd", "0")


def recover(lab: LabUnderTest, name: str) -> None:
    """What somebody does at its console who has the site's recovery code."""
    code = lab.exec(lab.nodes[0], "cat", str(DEFAULT_FOLDER / "recovery-code"))
    done = lab.node(name).exec(*COMMAND, stdin=code, timeout_s=WORK_WITHIN_S, check=False)
    assert (done.returncode, "is valid until" in done.stdout) == (0, True), done.stdout + done.stderr
    assert code.strip() not in done.stdout + done.stderr


def run_out(lab: LabUnderTest, name: str) -> None:
    """Its own certificate ends, and all that is connected has to connect anew."""
    replace_certificate(lab, name)
    lab.exec(name, "systemctl", "restart", "trivet-node", "glusterd")


def replace_certificate(lab: LabUnderTest, name: str) -> None:
    """By one for the same key that the site's authority has signed six years ago."""
    pair = KeyPair(*(lab.exec(lab.nodes[0], "cat", f"{DEFAULT_FOLDER}/{AUTHORITY}.{part}") for part in ("key", "crt")))
    old = renewed(pair, lab.exec(name, "cat", CERTIFICATE_FILE), now=datetime.now(UTC) - SIX_YEARS)
    lab.node(name).exec("sh", "-c", f"cat >{CERTIFICATE_FILE}", stdin=old)


def is_connected(lab: LabUnderTest, at: str, name: str) -> bool:
    lines = lab.exec(at, "gluster", "pool", "list").splitlines()
    return any(line.split()[1:] == [name, "Connected"] for line in lines)


def qemu(lab: LabUnderTest, name: str, vm_id: str) -> str:
    """The process that runs a VM."""
    return lab.exec(name, "pgrep", "-f", f"qemu-system.*{vm_id}")
