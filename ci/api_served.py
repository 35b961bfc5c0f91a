"""An engine with many VMs that another process asks over TLS: `python -m ci.api_served VMS FOLDER`.

It says its port and a token on its output, and ends when its input does.
"""

import asyncio
import json
import ssl
import sys
import time
from dataclasses import replace
from pathlib import Path

from hosted_engine.authority import make_authority, make_pair
from hosted_engine.engine.disks.model import Disk, DiskAttachment, attachment_id
from hosted_engine.engine.networks.model import Nic
from hosted_engine.engine.vms.model import Origin
from hosted_engine.rest.app import make_app
from hosted_engine.rest.auth import Authenticator
from hosted_engine.rest.resources import handlers
from node.api.messages.identity import Role
from node.serving.server import Server
from tests.fakes.engine import DATA_ID, PASSWORD, TINY_ID, World, node_id


async def _serve(vms: int, folder: Path) -> None:
    authority = make_authority("bench")
    pair = make_pair(authority, Role.ENGINE, "localhost", names=("127.0.0.1",))
    files = {"ca.crt": authority.certificate, "engine.crt": pair.certificate, "engine.key": pair.key}
    for name, text in files.items():
        (folder / name).write_text(text)
    world = World(f"sqlite:///{folder}/engine.db")
    _fill(world, vms)
    authenticator = Authenticator(world.store, time.time, world.engine.loop)
    token, _ = await authenticator.sign_in("admin@internal", PASSWORD, "ovirt-app-api")
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


def vm_id(number: int) -> str:
    return f"70000000-0000-4000-8000-{number:012d}"


def _fill(world: World, vms: int) -> None:
    """VMs that run, each with a disk and a NIC."""
    with world.store.transaction() as tx:
        base, profile = tx.vms.list()[0], tx.vnic_profiles.list()[0]
        for n in range(1, vms + 1):
            id = vm_id(n)
            vm = replace(base, id=id, name=f"vm{n:05d}", template_id=TINY_ID, node_id=node_id(n % 3 + 1))
            tx.vms.add(replace(vm, origin=Origin.OVIRT, description=f"The machine number {n}"))
            size = 1 << 30
            tx.disks.add(Disk(id=id, name=f"d{n}", storage_domain_id=DATA_ID, image_id=id, provisioned_size_bytes=size))
            tx.disk_attachments.add(DiskAttachment(id=attachment_id(id, id), owner_id=id, disk_id=id))
            mac = f"56:6f:00:{n >> 16:02x}:{n >> 8 & 255:02x}:{n & 255:02x}"
            tx.nics.add(Nic(id=id, owner_id=id, name="nic1", mac=mac, vnic_profile_id=profile.id))


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), Path(sys.argv[2])))
