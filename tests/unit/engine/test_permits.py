"""Every operation that is there has a permit, or is free."""

from typing import cast

import pytest

from ci.permits import checks, table
from hosted_engine.engine.engine import Engine
from hosted_engine.engine.permits.table import READS, Check, checks_of, permit_of
from hosted_engine.rest.resources import handlers
from hosted_engine.rest.schema import schema

FREE: frozenset[tuple[str, str]] = frozenset()  # of what is there, beside what reads: nothing
THERE = frozenset(f"{service}.{method.name}" for _, method, service in schema().routes())
OPERATIONS = sorted(handlers(cast(Engine, None)))


def test_every_operation_that_is_there_has_a_permit_or_is_named_as_free() -> None:
    free = {(service, method) for service, method in OPERATIONS if permit_of(service, method) is None}
    assert {operation for operation in free if operation[1] not in READS} == FREE


@pytest.mark.parametrize(
    ("operation", "permit"),
    [
        ("Vms.add", "CREATE_VM"),
        ("Vm.update", "EDIT_VM_PROPERTIES"),
        ("Vm.start", "RUN_VM"),
        ("Vm.list", None),
        ("AssignedTags.add", "TAG_MANAGEMENT"),
        ("Disk.update", "EDIT_DISK_PROPERTIES"),
        ("Host.commit_net_config", "CONFIGURE_HOST_NETWORK"),
        ("Host.discover_iscsi", None),
        ("MacPools.add", "CREATE_MAC_POOL"),
    ],
)
def test_permits_are_ovirts(operation: str, permit: str | None) -> None:
    service, _, method = operation.partition(".")
    assert permit_of(service, method) == permit


def test_all_that_is_checked_is_told_with_its_object() -> None:
    assert checks_of("VmNics", "add") == (
        Check("CONFIGURE_VM_NETWORK", "VnicProfile"),
        Check("CONFIGURE_VM_NETWORK", "VM"),
    )
    assert checks_of("ImageTransfer", "cancel") == (Check("CREATE_DISK"),)


def test_an_operation_of_which_nothing_is_known_is_not_free() -> None:
    with pytest.raises(KeyError):
        permit_of("Vm", "explode")


def test_the_table_is_made_of_what_ovirt_has() -> None:
    said = {"permit": "B", "checks": [{"permit": "A", "object": "VM"}, {"permit": "B", "object": None}]}
    assert checks(said) == ["B", "A VM"]
    made = table(
        {"Vm.commitSnapshot": said, "Copyable.copy": said, "Host.discoverIscsi": {"note": "query only"}}, THERE
    )
    assert dict(made) == {"Vm.commit_snapshot": ["B", "A VM"], "Host.discover_iscsi": []}
