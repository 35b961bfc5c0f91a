"""Graphics consoles through the unmodified SDK: which there are, where they are seen, and tickets that open them."""

import configparser
import ssl
from collections.abc import Iterator

import httpx
import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services, types

from node.api.messages.vms import GraphicsType, Ticket
from node.api.problems import NodeNonResponsive
from tests.fakes.engine import AUTHORITY, PASSWORD
from tests.fakes.node.vms import DISPLAY_ADDRESS
from tests.unit.rest.conftest import sentences
from tests.unit.rest.server import Served
from tests.unit.rest.test_vm_settings import machines_of, new, spec_of

VNC, SPICE = types.GraphicsType.VNC, types.GraphicsType.SPICE
VNC_ID = "766e63"  # oVirt's


@pytest.fixture
def vm(system: services.SystemService) -> Iterator[services.VmService]:
    vms = system.vms_service()
    service: services.VmService = vms.vm_service(vms.add(new("screen"), query={"async": "false"}).id)
    yield service
    if service.get().status is not types.VmStatus.DOWN:
        service.stop(async_=False)
    service.remove(async_=False)


def ticket_of(engine: Served, vm: services.VmService) -> Ticket:
    ticket = machines_of(engine, vm.get().id).ticket(vm.get().id)
    assert ticket is not None
    return ticket


def test_a_vm_has_a_console_and_is_seen_where_it_runs(engine: Served, vm: services.VmService) -> None:
    consoles = vm.graphics_consoles_service()
    (console,) = consoles.list()
    assert (console.id, console.protocol, console.address, console.port) == (VNC_ID, VNC, None, None)
    assert (vm.get().display.type, vm.get().display.port) == (types.DisplayType.VNC, None)
    vm.start(async_=False)
    assert spec_of(engine, vm.get().id).graphics == (GraphicsType.VNC,)
    (console,) = consoles.list(current=True)
    assert (console.address, console.tls_port) == (DISPLAY_ADDRESS, None)
    assert console.port == vm.get().display.port >= 5900
    assert vm.get().display.address == DISPLAY_ADDRESS
    assert consoles.console_service(VNC_ID).get(current=True).port == console.port
    assert consoles.list()[0].port is None
    vm.stop(async_=False)
    assert (vm.get().display.address, vm.get().display.port) == (None, None)


def test_a_console_that_is_removed_or_added_counts_from_the_next_start(engine: Served, vm: services.VmService) -> None:
    consoles = vm.graphics_consoles_service()
    vm.start(async_=False)
    consoles.console_service(VNC_ID).remove()
    assert consoles.list() == []
    assert len(consoles.list(current=True)) == 1
    assert vm.get().next_run_configuration_exists
    vm.stop(async_=False)
    assert vm.get().display.type is None
    vm.start(async_=False)
    assert spec_of(engine, vm.get().id).graphics == ()
    assert consoles.list(current=True) == []
    with pytest.raises(sdk.Error, match="runs without one"):
        vm.ticket()
    with pytest.raises(sdk.NotFoundError):
        consoles.console_service(VNC_ID).remove()
    vm.stop(async_=False)
    for _ in range(2):
        assert consoles.add(types.GraphicsConsole(protocol=VNC)).id == VNC_ID
    assert len(consoles.list()) == 1
    assert vm.get().display.type is types.DisplayType.VNC


def test_a_vm_may_be_made_without_a_screen(engine: Served, system: services.SystemService) -> None:
    vms = system.vms_service()
    headless = vms.add(new("headless", display=types.Display()), query={"async": "false"})
    service = vms.vm_service(headless.id)
    assert service.graphics_consoles_service().list() == []
    service.update(types.Vm(display=types.Display(type=types.DisplayType.VNC)))
    assert len(service.graphics_consoles_service().list()) == 1
    service.remove(async_=False)


def test_spice_is_refused_by_name(vm: services.VmService) -> None:
    with pytest.raises(sdk.Error, match=r"graphics_console.protocol.*no SPICE"):
        vm.graphics_consoles_service().add(types.GraphicsConsole(protocol=SPICE))
    with pytest.raises(sdk.Error, match=r"vm.display.type.*no SPICE"):
        vm.update(types.Vm(display=types.Display(type=types.DisplayType.SPICE)))
    with pytest.raises(sdk.Error, match="protocol"):
        vm.graphics_consoles_service().add(types.GraphicsConsole())


def test_a_ticket_reaches_the_node_and_whoever_asked(
    engine: Served, vm: services.VmService, system: services.SystemService
) -> None:
    with pytest.raises(sdk.Error, match="it is down"):
        vm.ticket()
    vm.start(async_=False)
    console = vm.graphics_consoles_service().console_service(VNC_ID)
    for ask, expiry in ((vm.ticket, 7200), (console.ticket, 7200)):
        ticket = ask()
        assert (len(ticket.value), ticket.expiry) == (8, expiry)
        on_node = ticket_of(engine, vm)
        assert (on_node.value, on_node.valid_s) == (ticket.value, expiry)
    wanted = types.Ticket(value="secret", expiry=60)
    assert vm.ticket(ticket=wanted).value == "secret"
    assert ticket_of(engine, vm).valid_s == 60
    assert len(sentences(system, 164)) == 3
    assert "admin" in sentences(system, 164)[0]
    assert "screen" in sentences(system, 164)[0]


@pytest.mark.parametrize(("value", "expiry"), [("too long a", 60), ("", 60), ("ä", 60), ("good", 0), ("good", 1 << 40)])
def test_a_ticket_that_no_console_takes_is_refused_by_name(vm: services.VmService, value: str, expiry: int) -> None:
    vm.start(async_=False)
    with pytest.raises(sdk.Error, match=r"action\.ticket\.(value|expiry)") as refused:
        vm.ticket(ticket=types.Ticket(value=value, expiry=expiry))
    assert "too long a" not in str(refused.value)


def test_a_ticket_that_the_node_did_not_take_is_none(
    engine: Served, vm: services.VmService, system: services.SystemService
) -> None:
    vm.start(async_=False)
    node = next(node for node in engine.world.nodes.values() if node.machines.running())
    node.fail("set_ticket", NodeNonResponsive(node="node1", request="the request", reason="gone"))
    with pytest.raises(sdk.Error, match="gone"):
        vm.ticket()
    assert machines_of(engine, vm.get().id).ticket(vm.get().id) is None
    assert len(sentences(system, 165)) == 1


def test_a_ticket_is_written_down_nowhere(
    engine: Served, vm: services.VmService, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    vm.start(async_=False)
    vm.ticket(ticket=types.Ticket(value="Qq7secrt", expiry=60))
    database = b"".join(file.read_bytes() for file in engine.ca_file.parent.glob("engine.db*"))
    assert b"VM_SET_TICKET" in database
    assert b"Qq7secrt" not in database
    assert "Qq7secrt" not in caplog.text


def test_remote_viewer_gets_a_file_that_opens_the_screen(engine: Served, vm: services.VmService) -> None:
    vm.start(async_=False)
    file = vm.graphics_consoles_service().console_service(VNC_ID).remote_viewer_connection_file()
    _check_file(engine, vm, file)


def test_a_console_that_is_asked_for_as_a_file_is_one(engine: Served, vm: services.VmService) -> None:
    vm.start(async_=False)
    url = f"{engine.url}/vms/{vm.get().id}/graphicsconsoles/{VNC_ID}"
    with httpx.Client(
        verify=ssl.create_default_context(cafile=str(engine.ca_file)), auth=("admin@internal", PASSWORD)
    ) as http:
        answer = http.get(url, headers={"Accept": "application/x-virt-viewer"})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-virt-viewer;charset=UTF-8")
        assert 'filename="console.vv"' in answer.headers["content-disposition"]
        _check_file(engine, vm, answer.text)
        assert http.get(url).headers["content-type"].startswith("application/xml")
        for path, status in ((f"{url}f", 404), (f"{engine.url}/vms/{vm.get().id}", 406)):
            assert http.get(path, headers={"Accept": "application/x-virt-viewer"}).status_code == status


def _check_file(engine: Served, vm: services.VmService, text: str) -> None:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    file = parser["virt-viewer"]
    ticket = ticket_of(engine, vm)
    assert (file["type"], file["host"], file["port"]) == ("vnc", DISPLAY_ADDRESS, str(vm.get().display.port))
    assert (file["password"], ticket.valid_s) == (ticket.value, 120)
    assert (file["delete-this-file"], file["title"]) == ("1", "screen:%d")
    assert file["ca"].replace("\\n", "\n") == AUTHORITY.certificate
