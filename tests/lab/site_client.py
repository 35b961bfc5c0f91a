"""A machine of the site's own network beside the appliance: it knows nodes and engine by name, trusts the site's
authority, and runs clients' programs as they were published."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ci.lab.machine import PROJECT
from tests.conformance.examples.namespace import with_hosts
from tests.conformance.examples.sources import sdk_examples
from tests.lab.under_test import LabUnderTest

SECTION = "site"  # of ~/.config/ovirt.conf, for the SDK's examples
HANG_S = 900.0


@dataclass(frozen=True)
class SiteClient:
    """`folder` is the home of who works there, and where programs run."""

    lab: LabUnderTest
    folder: Path

    def sdk_example(self, name: str, *arguments: str) -> str:
        script = sdk_examples() / f"{name}.py"
        return self.run(sys.executable, "-B", str(script), "-c", SECTION, *arguments)

    def colours_on_screen(self, address: str, port: int, ticket: Path) -> int:
        """Of a VM's VNC console, opened with that ticket."""
        argv = (sys.executable, "-m", "tests.lab.screen", address, str(port), str(ticket), str(self.folder / "ca.pem"))
        return int(self.run("env", f"PYTHONPATH={PROJECT}", *argv).split()[-1])

    def run(self, *command: str, timeout_s: float = HANG_S) -> str:
        """What it prints; fails with all that it said when it ends with another status than 0."""
        done = subprocess.run(
            self._there(command),
            capture_output=True,
            text=True,
            timeout=timeout_s,
            cwd=self.folder,
            env=self._environment,
        )
        if done.returncode:
            raise AssertionError(f"{command[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def _there(self, command: Sequence[str]) -> list[str]:
        return ["nsenter", f"--net={self.lab.appliance.lab.netns_path}", *with_hosts(self.folder / "hosts", command)]

    @property
    def _environment(self) -> dict[str, str]:
        return {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": str(self.folder), "PYTHONUNBUFFERED": "1"}


def site_client(lab: LabUnderTest, folder: Path) -> SiteClient:
    """Set up in `folder`, which is empty."""
    (folder / "hosts").write_text(lab.exec(lab.nodes[0], "cat", "/etc/hosts"))
    (folder / "ca.pem").write_bytes(lab.authority.read_bytes())
    configuration = folder / ".config"
    configuration.mkdir()
    lines = (
        f"[{SECTION}]",
        "engine_url = https://engine",
        f"username = {lab.user}",
        f"password = {lab.password}",
        f"cafile = {folder}/ca.pem",
    )
    (configuration / "ovirt.conf").touch(mode=0o600)
    (configuration / "ovirt.conf").write_text("\n".join(lines))
    return SiteClient(lab, folder)
