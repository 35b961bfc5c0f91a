"""Measures the API natively, over TLS from another process: pages out of many VMs, what follows, whole lists.

python -m ci.api_speed VMS FOLDER    serves an engine with so many VMs, as `pairs` wants it
"""

import asyncio
import http.client
import json
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ci.pairs import Pair

FEW, MANY = 1000, 10_000
PAGES = 60  # requests for pages; 95 of 100 are faster than what is told
LISTS = 7  # requests for whole lists; their median is told
ROOT = "/ovirt-engine/api"


@dataclass(frozen=True, slots=True)
class Api:
    """One connection that is kept, as clients do."""

    connection: http.client.HTTPSConnection
    token: str

    def get(self, path: str, accept: str = "application/xml") -> bytes:
        """Raises RuntimeError for any other answer than 200."""
        headers = {"Authorization": f"Bearer {self.token}", "Accept": accept}
        self.connection.request("GET", ROOT + path, headers=headers)
        response = self.connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise RuntimeError(f"{path}: {response.status} {body[:200]!r}")
        return body


def pairs() -> tuple[Pair, ...]:
    with _served(FEW) as api:
        follow = _ms(LISTS, lambda n: api.get("/vms?follow=disk_attachments.disk,nics"))
        xml = _ms(LISTS, lambda n: api.get("/vms"))
        json_ = _ms(LISTS, lambda n: api.get("/vms", "application/json"))
        one = _ms(PAGES, lambda n: api.get(f"/vms/{_id(n + 1)}"))
    with _served(MANY) as api:
        page = _ms(PAGES, lambda n: api.get(f"/vms?search=name%3Dvm*+sortby+name+page+{n + 1}&max=100"))
        across = _ms(PAGES, lambda n: api.get(f"/vms?search=storage.name%3Ddata+page+{n + 1}&max=100"))
        anywhere = _ms(PAGES, lambda n: api.get(f"/vms?search=vm+page+{n + 1}&max=100"))
    return (
        Pair("page of 100 out of 10,000 VMs, p95", _p95(page), 50.0, "ms"),
        Pair("the same by the storage of their disks", _p95(across), 50.0, "ms"),
        Pair("the same by a word anywhere", _p95(anywhere), 50.0, "ms"),
        Pair("follow=disk_attachments.disk,nics, 1,000", statistics.median(follow), 300.0, "ms"),
        Pair("1,000 whole VMs, XML", statistics.median(xml), 60.0, "ms"),
        Pair("1,000 whole VMs, JSON", statistics.median(json_), 60.0, "ms"),
        Pair("one VM", statistics.median(one), 1.0, "ms"),
    )


def _ms(times: int, ask: Callable[[int], bytes]) -> list[float]:
    """How long each took; the first one, which compiles what it asks, is not told."""
    ask(0)
    taken = []
    for number in range(times):
        begun = time.perf_counter()
        ask(number)
        taken.append((time.perf_counter() - begun) * 1000)
    return taken


def _p95(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=20)[-1]


@contextmanager
def _served(vms: int) -> Iterator[Api]:
    """An engine in a process of its own, over a database in a file."""
    with tempfile.TemporaryDirectory(prefix="trivet-bench-") as folder:
        argv = (sys.executable, "-m", "ci.api_speed", str(vms), folder)
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            tls = ssl.create_default_context(cafile=f"{folder}/ca.crt")
            connection = http.client.HTTPSConnection("localhost", said["port"], context=tls, timeout=120)
            try:
                yield Api(connection, said["token"])
            finally:
                connection.close()
                process.communicate()  # the end of its input is its end


async def _serve(vms: int, folder: Path) -> None:
    from hosted_engine.authority import make_authority, make_pair
    from hosted_engine.rest.app import make_app
    from hosted_engine.rest.auth import Authenticator
    from hosted_engine.rest.resources import handlers
    from node.api.messages.identity import Role
    from node.serving.server import Server
    from tests.fakes.engine import PASSWORD, World

    authority = make_authority("bench")
    pair = make_pair(authority, Role.ENGINE, "localhost", names=("127.0.0.1",))
    files = {"ca.crt": authority.certificate, "engine.crt": pair.certificate, "engine.key": pair.key}
    for name, text in files.items():
        (folder / name).write_text(text)
    world = World(f"sqlite:///{folder}/engine.db")
    _fill(world, vms)
    token, _ = await Authenticator(world.store, time.time).sign_in("admin@internal", PASSWORD, "ovirt-app-api")
    app = make_app(store=world.store, handlers=handlers(world.engine), authority_pem=authority.certificate.encode())
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(folder / "engine.crt", folder / "engine.key")
    started = asyncio.Event()
    server = Server(app, tls, hosts="127.0.0.1", port=0, own_signals=False, on_started=started.set)
    serving = asyncio.create_task(server.serve())
    await started.wait()
    port = server.servers[0].sockets[0].getsockname()[1]
    sys.stdout.write(json.dumps({"port": port, "token": token}) + "\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    server.should_exit = True
    await serving


def _id(number: int) -> str:
    return f"70000000-0000-4000-8000-{number:012d}"


def _fill(world: "World", vms: int) -> None:  # type: ignore[name-defined]  # noqa: F821 - loaded by the server alone
    """VMs that run, each with a disk and a NIC."""
    from dataclasses import replace

    from hosted_engine.engine.disks.model import Disk, DiskAttachment, attachment_id
    from hosted_engine.engine.networks.model import Nic
    from tests.fakes.engine import DATA_ID, TINY_ID, node_id

    with world.store.transaction() as tx:
        base, profile = tx.vms.list()[0], tx.vnic_profiles.list()[0]
        for n in range(1, vms + 1):
            vm = replace(base, id=_id(n), name=f"vm{n:05d}", template_id=TINY_ID, node_id=node_id(n % 3 + 1))
            tx.vms.add(replace(vm, origin="ovirt", description=f"The machine number {n}"))
            disk = Disk(
                id=_id(n), name=f"d{n}", storage_domain_id=DATA_ID, image_id=_id(n), provisioned_size_bytes=1 << 30
            )
            tx.disks.add(disk)
            tx.disk_attachments.add(DiskAttachment(id=attachment_id(vm.id, disk.id), owner_id=vm.id, disk_id=disk.id))
            mac = f"56:6f:00:{n >> 16:02x}:{n >> 8 & 255:02x}:{n & 255:02x}"
            tx.nics.add(Nic(id=_id(n), owner_id=vm.id, name="nic1", mac=mac, vnic_profile_id=profile.id))


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), Path(sys.argv[2])))
