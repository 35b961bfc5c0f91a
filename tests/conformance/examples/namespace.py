"""A private place in which the names, the port and the certificate that the examples expect can be had."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

NAMES = (
    "engine40.example.com",
    "engine41.example.com",
    "engine42.example.com",
    "engine.example.com",
    "engine",
    "ovirt.example.com",
)
AUTHORITY = Path("/etc/pki/ovirt-engine/ca.pem")
_INSIDE = "TRIVET_EXAMPLES_INSIDE"


def enter_private(network: Path | None = None) -> None:
    """Run this program again in mount and network namespaces of its own, with an /etc that may be written to; where it
    is there already, only prepare them. `network` names a network namespace to be used instead of a new one."""
    if os.environ.get(_INSIDE) == "yes":
        _prepare(own_network=network is None)
        return
    os.environ[_INSIDE] = "yes"
    as_root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    into = ["unshare", *as_root, "--mount", *(["--net"] if network is None else [])]
    given = ["nsenter", f"--net={network}"] if network is not None else []
    command = [*given, *into, sys.executable, "-m", "tests.conformance.examples", *sys.argv[1:]]
    os.execvp(command[0], command)


def _prepare(*, own_network: bool) -> None:
    if own_network:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    layer = Path(tempfile.mkdtemp(prefix="examples-etc-"))
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(layer)], check=True)
    for name in ("upper", "work"):
        (layer / name).mkdir()
    options = f"lowerdir=/etc,upperdir={layer}/upper,workdir={layer}/work"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, "/etc"], check=True)
    subprocess.run(["umount", "--lazy", str(layer)], check=True)
    layer.rmdir()
    AUTHORITY.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/home"], check=True)  # where examples put files


def hosts_file(folder: Path, address: str) -> Path:
    """An /etc/hosts in which every name of the examples is `address`."""
    file = folder / "hosts"
    file.write_text(f"127.0.0.1 localhost\n{address} {' '.join(NAMES)}\n")
    return file


def with_hosts(hosts: Path, command: Sequence[str]) -> list[str]:
    """`command` as it is run where /etc/hosts is that file."""
    script = 'mount --bind "$0" /etc/hosts && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", script, str(hosts), *command]
