"""The engine VM as seen from the lab: where it runs, and commands in it through its guest agent."""

import base64
import json
import subprocess
import time
from collections.abc import Iterable, Iterator
from typing import Any

from ci.lab.machine import Machine, NodeOff
from ci.lab.names import ENGINE
from ci.lab.status import is_engine, parse_vms
from node.api.problems import Failed, Refused
from node.system.process import CommandFailed


class EngineOff(Refused):
    what = "The engine VM was not entered"
    why = "no running node has it"
    mend = "Bring it up: ./trivet lab up"


class VmOff(Refused):
    what = "There is no console of {name}"
    why = "no running node has a VM of that name"
    mend = "See the VMs: ./trivet lab status"


class AgentUnreachable(Failed):
    what = "The engine VM did not carry out {command}"
    why = "its guest agent did not answer within {timeout_s:g} s"
    mend = "Look at its console: ./trivet lab console engine"


class GuestVm:
    """A VM that runs on `machine` under the libvirt name `name`."""

    def __init__(self, machine: Machine, name: str) -> None:
        self.machine = machine
        self.name = name

    def exec(self, *command: str, stdin: bytes = b"", timeout_s: float = 60) -> subprocess.CompletedProcess[bytes]:
        """Run a command in the VM. Raises AgentUnreachable."""
        arguments: dict[str, object] = {"path": command[0], "arg": list(command[1:]), "capture-output": True}
        if stdin:
            arguments["input-data"] = base64.b64encode(stdin).decode()
        pid = self._ask("guest-exec", arguments)["pid"]
        until = time.monotonic() + timeout_s
        while not (status := self._ask("guest-exec-status", {"pid": pid}))["exited"]:
            if time.monotonic() > until:
                raise AgentUnreachable(command=command[0], timeout_s=timeout_s)
            time.sleep(0.1)
        out, err = (base64.b64decode(status.get(key, "")) for key in ("out-data", "err-data"))
        return subprocess.CompletedProcess(command, status.get("exitcode", 255), out, err)

    def write(self, path: str, content: bytes) -> None:
        """Write a file in the VM, in pieces that fit into an argument of virsh."""
        handle = self._ask("guest-file-open", {"path": path, "mode": "w"})
        for start in range(0, len(content), PIECE):
            piece = base64.b64encode(content[start : start + PIECE]).decode()
            self._ask("guest-file-write", {"handle": handle, "buf-b64": piece})
        self._ask("guest-file-close", {"handle": handle})

    def answers(self) -> bool:
        """Is its guest agent up? Not yet while it boots."""
        try:
            self._ask("guest-ping", {})
        except CommandFailed:
            return False
        return True

    def shut_down(self, timeout_s: float) -> bool:
        """Ask it to power off; False when it did not within `timeout_s`."""
        self.machine.exec("virsh", "shutdown", self.name, check=False)
        until = time.monotonic() + timeout_s
        while self.machine.exec("virsh", "domstate", self.name, check=False).stdout.strip() == "running":
            if time.monotonic() > until:
                return False
            time.sleep(0.3)
        return True

    def _ask(self, command: str, arguments: dict[str, object]) -> Any:
        request = json.dumps({"execute": command, "arguments": arguments})
        done = self.machine.exec("virsh", "qemu-agent-command", "--timeout", "20", self.name, request)
        return json.loads(done.stdout)["return"]


PIECE = 48 << 10


def find(machines: Iterable[Machine]) -> GuestVm:
    """The running engine VM. Raises EngineOff."""
    for vm in _running(machines):
        if is_engine(vm.name):
            return vm
    raise EngineOff()


def find_vm(machines: Iterable[Machine], name: str) -> GuestVm:
    """A running VM by its libvirt name, or the engine's. Raises VmOff."""
    for vm in _running(machines):
        if vm.name == name or (name == ENGINE and is_engine(vm.name)):
            return vm
    raise VmOff(name=name)


def _running(machines: Iterable[Machine]) -> Iterator[GuestVm]:
    for machine in machines:
        try:
            vms = parse_vms(machine.exec("virsh", "list").stdout, machine.node.name)
        except (NodeOff, CommandFailed):
            continue
        yield from (GuestVm(machine, vm.name) for vm in vms)
