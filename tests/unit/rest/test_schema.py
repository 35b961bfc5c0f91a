"""The schema holds the whole API and finds its way in it."""

from typing import cast

import pytest

from hosted_engine.engine.engine import Engine
from hosted_engine.rest.resources import handlers
from hosted_engine.rest.schema import schema

SCHEMA = schema()


def test_the_whole_api_is_there() -> None:
    routes = list(SCHEMA.routes())
    assert len({path for path, _, _ in routes}) == 563
    assert len({(service, method.name) for _, method, service in routes}) == 629


def test_every_handler_is_reached_by_a_path() -> None:
    there = set(handlers(cast(Engine, None)))
    assert there <= {(service, method.name) for _, method, service in SCHEMA.routes()}


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/vms", "Vms"),
        ("/vms/{vm}", "Vm"),
        ("/vms/{vm}/diskattachments/{attachment}", "DiskAttachment"),
        ("/datacenters/{dc}/storagedomains/{storage_domain}", "AttachedStorageDomain"),
        ("/vms/{vm}/statistics", "Statistics"),  # from Measurable, which Vm builds on
    ],
)
def test_paths_lead_to_services(path: str, service: str) -> None:
    found = {
        tuple("{}" if part.startswith("{") else part for part in p.split("/")): s
        for p, m, s in SCHEMA.routes()
        if not m.is_action
    }
    assert found[tuple("{}" if part.startswith("{") else part for part in path.split("/"))] == service


def test_http_methods_and_actions_select_methods() -> None:
    vm, vms = SCHEMA.service("Vm"), SCHEMA.service("Vms")
    assert [vms.answering(http).name for http in ("GET", "POST") if vms.answering(http)] == ["list", "add"]  # type: ignore[union-attr]
    assert vms.answering("PUT") is None
    assert vm.actions["previewsnapshot"].name == "preview_snapshot"
    assert vm.type == "Vm"
    assert vms.type == "Vm"


def test_names_that_are_not_the_rule() -> None:
    assert SCHEMA.type("OperatingSystem").tag == "os"
    assert SCHEMA.type("OperatingSystemInfo").list_tag == "operation_systems"
    assert SCHEMA.type("OpenStackNetwork").tag == "openstack_network"
    assert SCHEMA.type("Host").attributes["transparent_huge_pages"].tag == "transparent_hugepages"
    assert SCHEMA.type("Vm").attributes["numa_nodes"].rel == "numanodes"
    assert SCHEMA.type("Boot").attributes["devices"].item_tag == "device"
    assert SCHEMA.type("SchedulingPolicy").list_tag == "scheduling_policies"
