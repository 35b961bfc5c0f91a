"""Finds out whether KVM works by booting something tiny with it; that /dev/kvm exists and opens proves nothing."""

import json
import platform
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

from ci.lab import processes
from ci.lab.names import STATE
from images import build
from node.system.process import Run

DEVICE = "/dev/kvm"
VERDICT = STATE / "kvm.json"
LIMIT_S = 20.0
SIGN_OF_LIFE = b"Run /init as init process"  # printed by every Linux kernel that got as far as user space

Report = Callable[[str], None]


def works(node_root: Path, run: Run, report: Report) -> bool:
    """The verdict for this boot of this kernel, made when there is none."""
    if not Path(DEVICE).exists():
        return False
    key = f"{platform.release()} {processes.boot_id()}"
    verdict = _recall(key)
    if verdict is None:
        kernel, initrd = build.tiny_kernel(build.DEFAULT_STORE, report)
        verdict = boots(probe(node_root, kernel, initrd))
        VERDICT.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        VERDICT.write_text(json.dumps({"key": key, "works": verdict}) + "\n")
    report(f"KVM {'works here and is used' if verdict else 'does not work here: the VMs are emulated (TCG), slowly'}")
    return verdict


def probe(node_root: Path, kernel: Path, initrd: Path) -> tuple[str, ...]:
    """A command that boots the tiny guest with KVM in the QEMU of the node image."""
    qemu = (
        "qemu-system-x86_64", "-accel", "kvm", "-cpu", "host", "-machine", "q35", "-m", "256", "-nodefaults",
        "-display", "none", "-no-reboot", "-serial", "stdio", "-kernel", "/run/kvm-probe/kernel",
        "-initrd", "/run/kvm-probe/initrd", "-append", "console=ttyS0 panic=-1 loglevel=7",
    )  # fmt: skip
    prepare = (
        'mount -t tmpfs tmpfs "$1/run" && mkdir "$1/run/kvm-probe" && cp "$2" "$1/run/kvm-probe/kernel" && '
        'cp "$3" "$1/run/kvm-probe/initrd" && mount --bind /dev "$1/dev" && root=$1 && shift 3 && '
        'exec chroot "$root" "$@"'
    )
    private = ("unshare", "--mount", "--propagation", "private", "sh", "-c", prepare, "sh")
    return (*private, str(node_root), str(kernel), str(initrd), *qemu)


def boots(command: tuple[str, ...]) -> bool:
    """Does the guest reach user space in time? A vCPU that hangs with KVM hangs for ever, hence the kill."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as guest:
        assert guest.stdout is not None
        limit = threading.Timer(LIMIT_S, guest.kill)
        limit.start()
        try:
            return any(SIGN_OF_LIFE in line for line in guest.stdout)
        finally:
            limit.cancel()
            guest.kill()


def _recall(key: str) -> bool | None:
    try:
        known = json.loads(VERDICT.read_text())
        return bool(known["works"]) if known["key"] == key else None
    except (OSError, ValueError, KeyError):
        return None
