"""The controllers of a lab's nodes: what they answer, to whom, and over what."""

import base64
import json
import ssl
import threading
from collections.abc import Iterator
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

import pytest

from ci.lab.bmc.power import Fault
from ci.lab.bmc.redfish import USER, Controller, is_authorized
from ci.lab.bmc.server import BmcServer, listen
from hosted_engine.authority import make_authority, make_pair
from node.api.messages.identity import Role
from tests.ports import free_port

URI = "/redfish/v1/Systems/node2"
RESET = f"{URI}/Actions/ComputerSystem.Reset"


class FakePower:
    def __init__(self) -> None:
        self.on_ = True

    def is_on(self) -> bool:
        return self.on_

    def off(self) -> None:
        self.on_ = False

    def on(self) -> None:
        self.on_ = True


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.fixture
def power() -> FakePower:
    return FakePower()


def ask(controller: Controller, method: str, path: str, body: str = "") -> tuple[int, Any]:
    found = controller.answer(method, path, basic(USER, "s3cret"), body.encode())
    return found.status, found.body


def test_a_client_finds_the_machine_cuts_it_and_switches_it_on(power: FakePower) -> None:
    controller = Controller("node2", "s3cret", power)
    _, root = ask(controller, "GET", "/redfish/v1")
    _, systems = ask(controller, "GET", root["Systems"]["@odata.id"])
    _, machine = ask(controller, "GET", systems["Members"][0]["@odata.id"])
    assert machine["PowerState"] == "On"
    target = machine["Actions"]["#ComputerSystem.Reset"]["target"]
    assert ask(controller, "POST", target, '{"ResetType": "ForceOff"}')[0] == 204
    assert not power.on_
    assert ask(controller, "GET", URI)[1]["PowerState"] == "Off"
    assert ask(controller, "POST", target, '{"ResetType": "On"}')[0] == 204
    assert power.on_


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", RESET, "{", 400),
        ("POST", RESET, '{"ResetType": "Nmi"}', 400),
        ("POST", URI, '{"ResetType": "ForceOff"}', 404),
        ("GET", "/redfish/v1/Systems/node3", "", 404),
        ("GET", "/", "", 404),
    ],
)
def test_what_it_cannot_do_changes_nothing(power: FakePower, method: str, path: str, body: str, status: int) -> None:
    assert ask(Controller("node2", "s3cret", power), method, path, body)[0] == status
    assert power.on_


@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic ###", basic(USER, ""), basic("root", "s3cret"), "Bearer s3cret"]
)
def test_nobody_without_the_password_is_told_or_does_anything(power: FakePower, header: str) -> None:
    assert not is_authorized(header, "s3cret")
    controller = Controller("node2", "s3cret", power)
    assert controller.answer("GET", "/redfish/v1", header, b"").status == 401
    assert controller.answer("POST", RESET, header, b'{"ResetType": "ForceOff"}').status == 401
    assert power.on_


@pytest.fixture
def served(tmp_path: Path, power: FakePower) -> Iterator[tuple[int, ssl.SSLContext]]:
    authority = make_authority("controllers")
    pair = make_pair(authority, Role.ENGINE, "bmc-node2", names=["127.0.0.1"])
    (tmp_path / "pair.pem").write_text(pair.key + pair.certificate)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(tmp_path / "pair.pem")
    port = free_port()
    fault = Fault(tmp_path, "node2")
    server = BmcServer(listen("127.0.0.1", port), Controller("node2", "s3cret", power), tls, fault)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield port, ssl.create_default_context(cadata=authority.certificate)
    server.shutdown()
    server.server_close()


def test_it_is_served_over_tls_with_a_certificate_for_its_address(
    served: tuple[int, ssl.SSLContext], power: FakePower
) -> None:
    port, trust = served
    asked = HTTPSConnection("127.0.0.1", port, context=trust, timeout=30)
    asked.request("GET", URI)
    assert asked.getresponse().status == 401
    asked.close()
    asked.request("GET", URI, headers={"Authorization": basic(USER, "s3cret")})
    assert json.load(asked.getresponse())["PowerState"] == "On"
    asked.close()
    asked.request("POST", RESET, body='{"ResetType": "ForceOff"}', headers={"Authorization": basic(USER, "s3cret")})
    assert asked.getresponse().status == 204
    assert not power.on_
