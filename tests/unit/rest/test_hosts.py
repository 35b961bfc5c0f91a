"""Hosts changed through the unmodified SDK: a name in the API is not the machine's own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services, types

from gluster.report import make_report
from tests.fakes.engine import node_id
from tests.fakes.pool import with_brick
from tests.unit.rest.server import served

TWO = node_id(2)


@pytest.fixture
def system(tmp_path: Path) -> Iterator[services.SystemService]:
    """A brick of node2 is down."""
    with served(tmp_path) as engine, engine.connection() as connection:
        pool = engine.world.nodes[TWO].site.pool_state("node1")
        engine.world.readings.storage = make_report(with_brick(pool, 1, online=False))
        yield connection.system_service()


def test_a_host_gets_another_name_and_is_the_same_machine(system: services.SystemService) -> None:
    service = system.hosts_service().host_service(TWO)
    whole = service.get()
    assert whole.external_status is not types.ExternalStatus.OK
    whole.name, whole.comment = "rack-7.left", "new fans"
    changed = service.update(whole)
    assert (changed.name, changed.comment) == ("rack-7.left", "new fans")
    assert changed.external_status is whole.external_status
    assert [host.id for host in system.hosts_service().list(search="name=rack-7.left")] == [TWO]
    with pytest.raises(sdk.Error, match=r"rack-7\.left.*Host is already up"):
        service.activate()
    events = [event for event in system.events_service().list() if event.code == 43]
    assert [(event.description, event.host.id) for event in events] == [
        ("Host rack-7.left configuration was updated by admin@internal.", TWO)
    ]


def test_the_quorum_is_that_of_the_machine(system: services.SystemService) -> None:
    other = system.hosts_service().host_service(node_id(1))
    other.update(types.Host(name="elsewhere"))
    with pytest.raises(sdk.Error, match=r"elsewhere.*without its bricks Gluster quorum will be lost"):
        other.deactivate()
    other.deactivate(query={"force": "true", "reason": "spare parts"}, async_=False)
    host = other.get()
    assert (host.status, host.status_detail) == (types.HostStatus.MAINTENANCE, "spare parts")


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        ({"name": "two words"}, 400, "host.name.*letters"),
        ({"name": "node1"}, 409, "another host has it"),
        ({"address": "192.0.2.99"}, 400, "host.address cannot be set"),
        ({"port": 1}, 400, "host.port cannot be set to 1"),
        ({"power_management": types.PowerManagement(enabled=True)}, 501, "host.power_management.enabled = true"),
        ({"spm": types.Spm(priority=9)}, 501, "host.spm.priority = 9"),
        ({"root_password": "secret"}, 400, "host.root_password cannot be set"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_host_that_cannot_be_is_refused_by_name(
    system: services.SystemService, given: dict[str, Any], code: int, message: str
) -> None:
    service = system.hosts_service().host_service(TWO)
    with pytest.raises(sdk.Error, match=message) as caught:
        service.update(types.Host(**given))
    assert caught.value.code == code
    assert "secret" not in str(caught.value)
    assert service.get().name == "node2"
