"""`trivet net` on a machine of namespaces with the real NetworkManager: kept, taken back, by keys and by signals."""

import asyncio
import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from netconf.facade import Network
from tests.integration.netconf.contract import plain
from tests.integration.netconf.machine import Machine
from tests.integration.netconf.test_networkmanager import gets_address, holder
from tests.unit.netconf.states import DOCUMENT

_CODE = """
from pathlib import Path
from netconf.command import net
from netconf.command.environment import Environment
net(obj=Environment(folder=Path({folder!r})))
"""
_GATEWAY = "trivet-gateway"  # a namespace of the tests at the other end of the cable


class _CommandLine:
    def __init__(self, machine: Machine, folder: Path) -> None:
        self._machine, self._folder = machine, folder
        self._document = folder / "wish.json"

    def write_document(self, document: dict[str, object]) -> str:
        self._document.write_text(json.dumps(document))
        return str(self._document)

    def argv(self, *arguments: str) -> list[str]:
        code = _CODE.format(folder=str(self._folder / "kept"))
        return ["nsenter", f"--net={self._machine.netns}", sys.executable, "-c", code, *arguments]

    @property
    def environment(self) -> dict[str, str]:
        return dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=self._machine.bus_address)

    async def __call__(self, *arguments: str) -> tuple[int | None, str]:
        process = await self.begun(*arguments)
        said, _ = await process.communicate()
        return process.returncode, said.decode()

    async def begun(self, *arguments: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *self.argv(*arguments),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )


@pytest.fixture
def trivet(machine: Machine, tmp_path: Path) -> _CommandLine:
    return _CommandLine(machine, tmp_path)


@pytest.fixture
def gateway(machine: Machine) -> Iterator["_Gateway"]:
    yield _Gateway(machine)
    subprocess.run(["ip", "netns", "delete", _GATEWAY], check=False)


class _Gateway:
    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def appears(self) -> None:
        subprocess.run(["ip", "netns", "add", _GATEWAY], check=True)
        self._machine.ip("link", "set", "cable", "netns", _GATEWAY)
        self("link", "set", "cable", "up")
        self("address", "add", "192.0.2.1/24", "dev", "cable")

    def __call__(self, *arguments: str) -> None:
        subprocess.run(["ip", "-n", _GATEWAY, *arguments], check=True)


async def _is_back(network: Network) -> bool:
    return await holder(network) == "host0" and (await network.observe()).interface("ovirtmgmt") is None


async def test_the_gateway_proves_it(machine: Machine, trivet: _CommandLine, gateway: _Gateway) -> None:
    network = await machine.power_on()
    gateway.appears()
    ended, said = await trivet("apply", trivet.write_document(DOCUMENT), "--confirm-by", "gateway")
    assert (ended, said.splitlines()[-1]) == (0, "The change is kept"), said
    assert machine.profiles() == {"ovirtmgmt", "host0"}
    assert await holder(network) == "ovirtmgmt"


async def test_a_path_that_carries_less_than_the_mtu(machine: Machine, trivet: _CommandLine, gateway: _Gateway) -> None:
    """The gateway's side drops what is larger than its own MTU."""
    network = await machine.power_on()
    gateway.appears()
    gateway("link", "set", "cable", "mtu", "1400")
    ended, said = await trivet("apply", trivet.write_document(DOCUMENT), "--confirm-by", "gateway", "--within", "8")
    assert ended == 1
    assert "packets of 1500 bytes" in said
    assert await _is_back(network)


_OF_ANOTHER_NETWORK = {"enabled": True, "address": [{"ip": "203.0.113.11", "prefix-length": 24}]}
_DROPPED = {"ip-from": "192.0.2.11/32", "priority": 50, "action": "blackhole"}


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (
            {"interfaces": [{"name": "ovirtmgmt", "type": "linux-bridge", "ipv4": _OF_ANOTHER_NETWORK}]},
            "the gateway 192.0.2.1 is there on ovirtmgmt, but answers no ping any more",
        ),
        (
            {"route-rules": {"config": [_DROPPED]}},
            "the gateway 192.0.2.1 does not answer any more to what comes from 192.0.2.11",
        ),
    ],
    ids=["another network", "dropped"],
)
async def test_a_gateway_that_answers_no_ping_any_more_is_no_proof(
    machine: Machine, trivet: _CommandLine, gateway: _Gateway, bad: dict[str, object], why: str
) -> None:
    network = await machine.power_on()
    gateway.appears()
    ended, said = await trivet("apply", trivet.write_document(DOCUMENT), "--confirm-by", "gateway")
    assert ended == 0, said
    before = await network.observe()
    ended, said = await trivet("apply", trivet.write_document(bad), "--confirm-by", "gateway", "--within", "8")
    assert ended == 1, said
    assert why in said
    assert plain(await network.observe()) == plain(before)


async def test_no_gateway_no_change(machine: Machine, trivet: _CommandLine) -> None:
    network = await machine.power_on()
    ended, said = await trivet("apply", trivet.write_document(DOCUMENT), "--within", "8")
    assert ended == 1
    assert "the gateway 192.0.2.1 does not answer on ovirtmgmt" in said
    assert await _is_back(network)
    _, why = await trivet("why")
    assert "The last change was not kept" in why


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
async def test_a_signal_takes_it_back_at_once(machine: Machine, trivet: _CommandLine, number: int) -> None:
    network = await machine.power_on()
    process = await trivet.begun("apply", trivet.write_document(DOCUMENT), "--within", "600", "--confirm-by", "gateway")
    assert process.stdout is not None
    async for line in process.stdout:
        if line.startswith(b"Waiting"):
            break
    assert await holder(network) == "ovirtmgmt"
    process.send_signal(number)
    assert await process.wait() == 1
    assert await _is_back(network)


async def test_killed_while_it_waits_another_one_confirms(machine: Machine, trivet: _CommandLine) -> None:
    network = await machine.power_on()
    process = await trivet.begun("apply", trivet.write_document(DOCUMENT), "--within", "300", "--confirm-by", "gateway")
    assert process.stdout is not None
    async for line in process.stdout:
        if line.startswith(b"Waiting"):
            break
    process.kill()
    await process.wait()
    _, why = await trivet("why")
    assert "A change waits to be confirmed" in why
    assert (await trivet("confirm"))[0] == 0
    assert machine.profiles() == {"ovirtmgmt", "host0"}
    assert await gets_address(network, "ovirtmgmt")


@pytest.mark.parametrize(("key", "confirmed"), [(b"\n", True), (b"\x03", False)])
async def test_the_operator_at_a_terminal(machine: Machine, trivet: _CommandLine, key: bytes, confirmed: bool) -> None:
    network = await machine.power_on()
    operator, terminal = pty.openpty()
    argv = ["setsid", "--ctty", "--wait", *trivet.argv("apply", trivet.write_document(DOCUMENT))]
    process = await asyncio.create_subprocess_exec(
        *argv, env=trivet.environment, stdin=terminal, stdout=terminal, stderr=terminal
    )
    os.close(terminal)
    said = b""
    while b"you press Enter" not in said:
        said += await asyncio.to_thread(os.read, operator, 4096)
    assert await holder(network) == "ovirtmgmt"
    os.write(operator, key)
    with contextlib.suppress(OSError):  # the terminal goes with its last user
        while more := await asyncio.to_thread(os.read, operator, 4096):
            said += more
    os.close(operator)
    assert (await process.wait() == 0) is confirmed, said
    assert (machine.profiles() == {"ovirtmgmt", "host0"}) is confirmed
    assert await _is_back(network) is not confirmed
