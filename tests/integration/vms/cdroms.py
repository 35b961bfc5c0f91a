"""Runs inside the machine: discs and seeds in the drives of a VM, which its guest reads."""

import asyncio
from pathlib import Path, PurePosixPath

import msgspec

from node.api.messages.images import ImageRef, SeedFile
from node.api.messages.vms import (
    BootDevice,
    CdRequest,
    SuspendRequest,
    VmCdrom,
    VmSeed,
    VmState,
)
from node.clock import SystemClock
from node.system.threads import Threads
from node.vms.runs import Runs
from node.vms.suspending import Suspending
from tests.integration.vms.discs import bootable_disc
from tests.integration.vms.real_node import (
    PATHS,
    SEEDS,
    SHARED,
    Node,
    disk,
    make_vms,
    nothing,
    run_case,
    vm,
)

CDROM = BootDevice.CDROM


async def a_disc_boots_is_changed_while_the_vm_runs_and_taken_out(node: Node) -> None:
    """The guest's firmware reads what is in the drive: after a reset it finds what was put in meanwhile."""
    discs = []
    for words in ("this is disc one", "this is disc two"):
        ref = node.image()
        node.path(ref).write_bytes(bootable_disc(words))
        discs.append(ref)
    spec = vm(disks=(disk(node.image(), boot=False),), boot_devices=(CDROM,), cdrom=VmCdrom(disc=discs[0]))
    await node.start(spec)
    await node.expect_on_console(spec, "Booting from DVD/CD", "this is disc one")
    await node.cdroms.change_cd(spec.id, CdRequest(disc=discs[1]))
    await node.vms.reset_vm(spec.id)
    await node.expect_on_console(spec, "this is disc one", "Booting from DVD/CD", "this is disc two")
    await node.cdroms.change_cd(spec.id, CdRequest())
    await node.vms.reset_vm(spec.id)
    await node.expect_on_console(spec, "this is disc two", "Booting from DVD/CD", "Could not read")
    await node.end(spec)


async def a_guest_reads_its_seed_for_one_run_alone(node: Node) -> None:
    """It keeps it through a reset; an agent that starts anew leaves it; its next run has none."""
    texts = {
        "meta-data": 'instance-id: "1"\nlocal-hostname: "seeded"\n',
        "user-data": "#cloud-config\npassword: sesame\n",
    }
    seed = VmSeed(label="cidata", files=tuple(SeedFile(path=path, text=text) for path, text in texts.items()))
    disks = (disk(node.image(SHARED / "seed.img")),)
    spec = vm(disks=disks, cdrom=VmCdrom(), seed=seed)
    await node.start(spec)
    lines = ("files: meta-data user-data", "modes: 4000 4000", "2 drives, called seeded")
    assert "it can be written" not in await node.expect_on_console(spec, *lines)
    file = SEEDS / f"{spec.id}.iso"
    assert file.stat().st_mode & 0o777 == 0o600
    assert not [
        path for path in Path("/var/log/libvirt").rglob("*.log") if "sesame" in path.read_text(errors="replace")
    ]
    await make_vms(node.hypervisor, Runs(Path("/run/trivet-runs"))).drop_old_seeds()
    await node.vms.reset_vm(spec.id)
    await node.expect_on_console(spec, *lines, *lines)
    await node.end(spec)
    async with asyncio.timeout(30):
        while file.exists():  # noqa: ASYNC110 - its end is heard
            await asyncio.sleep(0.1)
    await node.start(msgspec.structs.replace(spec, seed=None))
    assert "files:" not in await node.expect_on_console(spec, "1 drives, called")
    await node.end(spec)


async def a_seed_is_taken_out_before_its_vm_is_suspended(node: Node) -> None:
    """Its memory knows nothing of a file that only one node had."""
    seed = VmSeed(label="cidata", files=(SeedFile(path="meta-data", text='local-hostname: "seeded"\n'),))
    spec = vm(disks=(disk(node.image(SHARED / "seed.img")),), cdrom=VmCdrom(), seed=seed)
    await node.start(spec)
    await node.expect_on_console(spec, "2 drives, called seeded", "trivet-tiny: ready")
    suspending = Suspending(
        node.vms,
        node.hypervisor,
        Threads("suspending", 1),
        SystemClock(),
        volumes=PurePosixPath(PATHS.volumes),
        need=nothing,
    )
    memory = ImageRef(storage_domain="data", disk_id=spec.id, image_id="memory")
    assert (await suspending.suspend_vm(spec.id, SuspendRequest(memory=memory))).state is VmState.DOWN
    assert not (SEEDS / f"{spec.id}.iso").exists()
    await node.start(msgspec.structs.replace(spec, resume_from=memory))
    assert (await node.vms.known(spec.id)).state is VmState.UP
    await node.end(spec)


if __name__ == "__main__":
    run_case(
        a_disc_boots_is_changed_while_the_vm_runs_and_taken_out,
        a_guest_reads_its_seed_for_one_run_alone,
        a_seed_is_taken_out_before_its_vm_is_suspended,
    )
