"""A client of the API that writes again and again: what it was promised has to be there after whatever happened."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from ci.lab import engine_vm
from tests.lab import ha_run
from tests.lab.under_test import LabUnderTest

VM = "witness"
PAUSE_S = 0.5
DATABASE = "/var/lib/trivet-engine/engine.db"
CHECK = (
    "import sqlite3, sys;"
    "print(sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True).execute('PRAGMA integrity_check').fetchone()[0])"
)


class Witness:
    """Counts in the description of a VM of its own; `acknowledged` is the last number that the API took."""

    def __init__(self, lab: LabUnderTest) -> None:
        self._lab = lab
        self.acknowledged = -1
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._write, name="witness", daemon=True)
        self._path = ""

    def start(self) -> None:
        self._remove()
        made = self._ask("POST", "/vms", {"name": VM, "cluster": {"name": "Default"}, "template": {"name": "Blank"}})
        self._path = f"/vms/{made['id']}"
        self._thread.start()
        ha_run.until("the API takes writes", lambda: self.acknowledged > 0)

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()
        self._remove()

    def check(self) -> None:
        """One engine serves and takes writes again, nothing that it acknowledged is lost, its database is sound."""
        lab, before = self._lab, self.acknowledged
        ha_run.until("the API takes writes again", lambda: self.acknowledged > before)
        ha_run.until("no other VM of the engine is left, not a paused one either", lambda: _is_alone(lab))
        assert len(ha_run.engine_hosts(lab)) == 1
        acknowledged = self.acknowledged
        written = int(self._ask("GET", self._path)["description"])
        assert written >= acknowledged, f"{acknowledged} was acknowledged, {written} is there"
        assert database(lab) == "ok"

    def _write(self) -> None:
        while not self._ended.wait(PAUSE_S):
            number = self.acknowledged + 1
            try:
                self._ask("PUT", self._path, {"description": str(number)}, timeout_s=10)
            except httpx.HTTPError:
                time.sleep(PAUSE_S)  # a write that nobody acknowledged may be there or not
            else:
                self.acknowledged = number

    def _remove(self) -> None:
        for vm in self._ask("GET", f"/vms?search=name%3D{VM}").get("vm", []):
            self._ask("DELETE", f"/vms/{vm['id']}")

    def _ask(self, method: str, path: str, body: object = None, *, timeout_s: float = 120) -> dict[str, Any]:
        lab = self._lab
        answer = httpx.request(
            method,
            lab.url + path,
            json=body,
            auth=(lab.user, lab.password),
            verify=str(lab.authority),
            headers={"Accept": "application/json"},
            timeout=timeout_s,
            trust_env=False,
        )
        answer.raise_for_status()
        return dict(answer.json()) if answer.content else {}


@contextmanager
def witness(lab: LabUnderTest) -> Iterator[Witness]:
    """Writes all the time; nothing that it was promised is lost at the end."""
    one = Witness(lab)
    one.start()
    try:
        yield one
        one.check()
    finally:
        one.stop()


def _is_alone(lab: LabUnderTest) -> bool:
    running = [machine for machine in lab.appliance.machines if machine.supervisor() is not None]
    return sum(machine.exec("virsh", "list", "--name").stdout.split().count("HostedEngine") for machine in running) == 1


def database(lab: LabUnderTest) -> str:
    """What SQLite says of the engine's database: `ok`."""
    done = engine_vm.find(lab.appliance.machines).exec("/usr/bin/python3", "-c", CHECK, DATABASE, timeout_s=300)
    return (done.stdout or done.stderr).decode().strip()
