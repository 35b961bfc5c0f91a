"""The engine's real process over fake nodes, its port on loopback, and systemd's end of its notify socket."""

import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.ports import free_port

HANG_S = 120
WATCHDOG_S = 8
TOKEN = "/ovirt-engine/sso/oauth/token"
FORM = {"grant_type": "password", "username": "admin@internal", "password": "fake-password", "scope": "ovirt-app-api"}


@dataclass(frozen=True, slots=True)
class Engine:
    port: int
    pid: int
    authority: Path
    notices: socket.socket

    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.authority))

    def client(self, source: str = "127.0.0.1") -> httpx.Client:
        """One that is not signed in, and comes from `source`."""
        transport = httpx.HTTPTransport(verify=self.trusting(), local_address=source)
        return httpx.Client(transport=transport, base_url=f"https://localhost:{self.port}", timeout=HANG_S)

    def sign_in(self, client: httpx.Client) -> None:
        token = client.post(TOKEN, data=FORM).raise_for_status().json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def resident_mib(self) -> int:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) >> 10

    def notice(self) -> str:
        """The next word for systemd."""
        self.notices.settimeout(HANG_S)
        return self.notices.recv(100).decode()


@contextmanager
def running(state: Path) -> Iterator[Engine]:
    """Until the block ends; what it says goes to `state/log`."""
    port, address = free_port(), str(state / "notify")
    notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notices.bind(address)
    environment = os.environ | {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": str(WATCHDOG_S * 1_000_000)}
    environment.pop("WATCHDOG_PID", None)
    argv = [sys.executable, "-m", "tests.fakes.serve", "--port", str(port), "--state", str(state)]
    with (state / "log").open("wb") as log, subprocess.Popen(argv, stdout=log, stderr=log, env=environment) as process:
        try:
            engine = Engine(port, process.pid, state / "ca.crt", notices)
            until = time.monotonic() + HANG_S
            while engine.notice() != "READY=1":
                assert time.monotonic() < until, "it never said that it serves"
            yield engine
        finally:
            process.kill()
            notices.close()
