"""The way into the appliance from the host: relay, certificate of the authority, password, health."""

import os
import ssl
import sys
import time
from pathlib import Path

import httpx

from ci.lab.appliance import Appliance
from ci.lab.machine import PROJECT, Machine
from ci.lab.names import ENGINE_ADDRESS
from node.api.problems import Failed

RELAY = "relay"
HEALTH = "/ovirt-engine/services/health"
AUTHORITY_INSIDE = "/var/lib/trivet/deploy/ca.crt"
PASSWORD_INSIDE = "/var/lib/trivet/deploy/admin-password"
USER = "admin@internal"


class Unhealthy(Failed):
    what = "The engine did not get healthy within {timeout_s:g} s"
    why = "{reason}"
    mend = "Look at its console: ./trivet lab console engine --name {lab}"


class Gate:
    def __init__(self, appliance: Appliance) -> None:
        self._appliance = appliance
        self._lab = appliance.lab

    def open(self) -> None:
        """Start the relay unless it runs; it lives as long as the lab's consoles."""
        if RELAY in self._appliance.terminal.sessions():
            return
        target = (str(self._lab.netns_path), ENGINE_ADDRESS, "443", str(self._appliance.settings.port))
        command = ["env", f"PYTHONPATH={PROJECT}", sys.executable, "-m", "ci.lab.relay", *target]
        self._appliance.terminal.start(RELAY, command, self._lab.relay_log)

    def fetch(self, first: Machine) -> None:
        """Take the authority's certificate and the first password from the node that ran the deploy; the password is
        for the user who called sudo, or root, alone."""
        self._lab.client.mkdir(parents=True, exist_ok=True, mode=0o755)
        _write(self._lab.authority_file, first.exec("cat", AUTHORITY_INSIDE).stdout, 0o644)
        _write(self._lab.password_file, first.exec("cat", PASSWORD_INSIDE).stdout.rstrip("\n"), 0o600)

    def healthy(self) -> str | None:
        """None when the API answers over TLS as a client would ask it, else the reason why not."""
        try:
            trust = ssl.create_default_context(cafile=str(self._lab.authority_file))
            url = f"https://localhost:{self._appliance.settings.port}{HEALTH}"
            answer = httpx.get(url, verify=trust, timeout=10, trust_env=False)
        except (OSError, httpx.HTTPError) as err:
            return str(err) or type(err).__name__
        return None if answer.status_code == 200 else f"it answered {answer.status_code}"

    def wait_healthy(self, timeout_s: float) -> None:
        until = time.monotonic() + timeout_s
        while (reason := self.healthy()) is not None:
            if time.monotonic() > until:
                raise Unhealthy(timeout_s=timeout_s, reason=reason, lab=self._lab.name)
            time.sleep(0.5)

    def environment(self) -> dict[str, str]:
        """What a client needs to know, as environment variables."""
        return {
            "TRIVET_URL": self._appliance.url,
            "TRIVET_USER": USER,
            "TRIVET_PASSWORD_FILE": str(self._lab.password_file),
            "TRIVET_CA": str(self._lab.authority_file),
        }


def _write(file: Path, text: str, mode: int) -> None:
    half = file.with_suffix(".half")
    half.unlink(missing_ok=True)
    handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "w") as stream:
        os.fchmod(handle, mode)
        os.fchown(handle, int(os.environ.get("SUDO_UID", os.getuid())), -1)
        stream.write(text)
    half.rename(file)
