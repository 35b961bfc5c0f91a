"""The engine's own VM edited by the unmodified SDK: an edit holds after a start, one that cannot boot is given up."""

import json
from typing import Any

import pytest
from ovirtsdk4 import types

from tests.conformance.test_host_maintenance import whole as whole_lab
from tests.conformance.test_sdk import connect
from tests.lab import ha_run
from tests.lab.under_test import LabUnderTest

MIB = 1 << 20
TOO_SMALL_MIB = 64  # the API takes it, Debian's kernel does not boot in it
whole = whole_lab


@pytest.mark.long
@pytest.mark.timeout(4 * ha_run.HANG_S)
def test_an_edit_is_kept_when_healthy_and_one_that_cannot_boot_is_given_up(whole: LabUnderTest) -> None:
    before = memory_mib(whole)
    larger = before + 128
    edit(whole, larger)
    restart(whole)
    ha_run.until("the API answers", lambda: ha_run.answers(whole))
    ha_run.until("the API shows it", lambda: memory_mib(whole) == larger)
    ha_run.until("it is the last good one", lambda: files(whole)["good"]["memory_mib"] == larger)

    edit(whole, TOO_SMALL_MIB)
    restart(whole)
    assert running_mib(whole) == TOO_SMALL_MIB
    restart(whole)  # by hand, for the time to boot is long where the guest is emulated
    assert running_mib(whole) == larger
    assert files(whole)["state"] == "failed"
    ha_run.until("the API answers", lambda: ha_run.answers(whole))
    ha_run.until("the API says so", lambda: "9802" in codes(whole))
    edit(whole, before)
    restart(whole)


def edit(lab: LabUnderTest, mib: int) -> None:
    with connect(lab) as connection:
        vms = connection.system_service().vms_service()
        service = vms.vm_service(vms.list(search="name=HostedEngine")[0].id)
        service.update(types.Vm(memory=mib * MIB))
        assert service.get().next_run_configuration_exists
        assert service.get(next_run=True).memory == mib * MIB


def restart(lab: LabUnderTest) -> None:
    """Its QEMU ends; trivet-ha starts it anew, where it sees fit."""
    host = ha_run.engine_host(lab)
    qemu = lab.exec(host, "cat", "/run/libvirt/qemu/HostedEngine.pid")
    lab.exec(host, "virsh", "destroy", "HostedEngine")

    def started() -> bool:
        hosts = ha_run.engine_hosts(lab)
        return len(hosts) == 1 and (hosts[0], lab.exec(hosts[0], "cat", "/run/libvirt/qemu/HostedEngine.pid")) != (
            host,
            qemu,
        )

    ha_run.until("the engine VM runs again", started)


def running_mib(lab: LabUnderTest) -> int:
    said = lab.exec(ha_run.engine_host(lab), "virsh", "dominfo", "HostedEngine")
    (line,) = (line for line in said.splitlines() if line.startswith("Max memory:"))
    return int(line.split()[2]) // 1024


def memory_mib(lab: LabUnderTest) -> int:
    with connect(lab) as connection:
        return int(connection.system_service().vms_service().list(search="name=HostedEngine")[0].memory) // MIB


def files(lab: LabUnderTest) -> dict[str, Any]:
    return dict(json.loads(lab.exec(lab.nodes[0], "trivet", "ha", "status", "--json"))["engine_vm"])


def codes(lab: LabUnderTest) -> set[str]:
    with connect(lab) as connection:
        return {str(event.code) for event in connection.system_service().events_service().list(max=100)}
