"""How long Incus takes to list its own instances, on this machine and over TLS: what the list of all VMs is held to.

python -m ci.incus FOLDER TIMES    asks the Incus that runs in this network, for `measure`
"""

import http.client
import json
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hosted_engine.authority import make_authority, make_pair
from images.tree import Debian, make_debian
from node.api.messages.identity import Role
from node.system.process import run

PACKAGES = ("incus-base", "iproute2")
# A list of VMs has their state.
WITH_STATE, WITHOUT_STATE = "/1.0/instances?recursion=2", "/1.0/instances?recursion=1"
PATHS = (WITH_STATE, WITHOUT_STATE)

# In namespaces of its own: what it mounts and starts ends with it. Empty containers are the least that it can list.
OUTSIDE = """
set -e
mount --bind "$1" "$1"
cd "$1"
mount -t proc proc proc; mount -t sysfs sysfs sys; mount --rbind /dev dev
mount -t tmpfs tmpfs run; mount -t tmpfs tmpfs tmp
ip link set lo up
exec chroot . /bin/sh /inside.sh "$2"
"""
INSIDE = """
set -e
export INCUS_DIR=/var/lib/incus PATH=$PATH:/usr/libexec/incus
mkdir -p $INCUS_DIR
/usr/libexec/incus/incusd --logfile /var/log/incusd.log --group root &
incus admin waitready --timeout 60
incus admin init --preseed <<END
config: {core.https_address: "127.0.0.1:8443"}
storage_pools: [{name: default, driver: dir}]
profiles: [{name: default, devices: {root: {path: /, pool: default, type: disk}}}]
END
for number in $(seq 1 "$1"); do incus init --empty c$number </dev/null >/dev/null; done
incus config trust add-certificate /client.crt </dev/null
echo ready
cat >/dev/null
"""


def measure(instances: int, times: int) -> dict[str, float]:
    """The median of each of PATHS in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="trivet-incus-") as folder, _running(Path(folder), instances) as pid:
        argv = ("nsenter", "--target", str(pid), "--net", sys.executable, "-m", "ci.incus", folder, str(times))
        found: dict[str, float] = json.loads(subprocess.run(argv, check=True, stdout=subprocess.PIPE).stdout)
        return found


@contextmanager
def _running(folder: Path, instances: int) -> Iterator[int]:
    """Incus in a tree of its own; gives a process in its network."""
    root = folder / "root"
    make_debian(root, Debian(PACKAGES), run)
    pair = make_pair(make_authority("bench"), Role.DEPLOY, "bench")
    (folder / "client.key").touch(0o600)
    (folder / "client.key").write_text(pair.key)
    for path in (folder / "client.crt", root / "client.crt"):
        path.write_text(pair.certificate)
    (root / "inside.sh").write_text(INSIDE)
    argv = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--net", "--uts", "sh", "-c", OUTSIDE)
    with subprocess.Popen(
        (*argv, "sh", root, str(instances)), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        try:
            if b"ready\n" not in process.stdout:
                raise RuntimeError("Incus did not start; its words are above")
            yield _child(process.pid)
        finally:
            process.kill()


def _child(pid: int) -> int:
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


def _ask(folder: Path, times: int) -> dict[str, float]:
    tls = ssl.create_default_context()
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE  # it has made its certificate just now
    tls.load_cert_chain(folder / "client.crt", folder / "client.key")
    connection = http.client.HTTPSConnection("127.0.0.1", 8443, context=tls, timeout=120)
    return {path: statistics.median([_ms(connection, path) for _ in range(times + 1)][1:]) for path in PATHS}


def _ms(connection: http.client.HTTPSConnection, path: str) -> float:
    begun = time.perf_counter()
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read()
    if response.status != http.client.OK:
        raise RuntimeError(f"{path}: {response.status} {body[:200]!r}")
    return (time.perf_counter() - begun) * 1000


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_ask(Path(sys.argv[1]), int(sys.argv[2]))))
