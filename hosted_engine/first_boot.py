"""In the engine VM, at every boot and before the network: takes name, address and keys from the seed disk."""

import os
import pwd
import socket
import sys
import time
from collections.abc import Iterable
from ipaddress import ip_interface
from pathlib import Path

import msgspec

from hosted_engine import site as seed
from hosted_engine.site import Site
from node.api.problems import Failed, Problem
from node.system.files import read_or_none, write_durable
from node.system.process import Run, run

STATE = Path("var/lib/trivet-engine")
USER = "trivet-engine"
NETWORK = Path("etc/systemd/network/10-management.network")
SECRETS = (
    seed.AUTHORITY_CERTIFICATE_FILE,
    seed.AUTHORITY_KEY_FILE,
    seed.ENGINE_CERTIFICATE_FILE,
    seed.ENGINE_KEY_FILE,
    seed.SITE_FILE,  # last: where it lies, all others do
)
SEED_WAIT_S = 30
SUPERBLOCK = 1024  # of ext4: its magic number at 0x38, its label at 0x78


class SeedMissing(Failed):
    what = "This engine does not know its site"
    why = "there is no disk with the label {label}"
    mend = "Attach the seed disk that the deploy made and boot again"


def main() -> None:
    try:
        first_boot(Path("/"), run)
    except Problem as err:
        sys.exit(str(err))


def first_boot(root: Path, run: Run, *, devices: Path = Path("/dev"), wait_s: float = SEED_WAIT_S) -> None:
    """Install the seed's files once, then write what the system needs of them, every time."""
    state = root / STATE
    if not (state / seed.SITE_FILE).exists():
        _install(find_seed(devices, wait_s), state, run)
    site = msgspec.json.decode((state / seed.SITE_FILE).read_bytes(), type=Site)
    for path, text in system_files(site).items():
        _write_if_other(root / path, text)
    if root == Path("/"):
        socket.sethostname(host_name(site))


def find_seed(devices: Path, wait_s: float) -> Path:
    """The disk with the seed's label. Read from the disks themselves: udev may not have come to them yet."""
    end = time.monotonic() + wait_s
    while True:
        for device in sorted(devices.glob("[vs]d[a-z]")):
            if label(device) == seed.SEED_LABEL:
                return device
        if time.monotonic() >= end:
            raise SeedMissing(label=seed.SEED_LABEL)
        time.sleep(0.2)


def label(device: Path) -> str | None:
    """The label of the ext4 file system on `device`; None when there is none."""
    try:
        with device.open("rb") as file:
            file.seek(SUPERBLOCK)
            block = file.read(1024)
    except OSError:
        return None
    return block[0x78:0x88].rstrip(b"\0").decode(errors="replace") if block[0x38:0x3A] == b"\x53\xef" else None


def system_files(site: Site) -> dict[Path, str]:
    """Name, addresses and network of the VM as files, by path below the root."""
    hosts = "".join(f"{address} {name}\n" for name, address in site.names.items())
    files = {
        Path("etc/hostname"): host_name(site) + "\n",
        Path("etc/hosts"): f"127.0.0.1 localhost\n::1 localhost\n{hosts}",
        NETWORK: network_file(site),
    }
    if site.engine.dns:
        files[Path("etc/resolv.conf")] = "".join(f"nameserver {server}\n" for server in site.engine.dns)
    return files


def host_name(site: Site) -> str:
    own = str(ip_interface(site.engine.address).ip)
    return next((name for name, address in site.names.items() if address == own), site.engine.name)


def network_file(site: Site) -> str:
    """For systemd-networkd; the VM has one network card."""
    gateway = f"Gateway={site.engine.gateway}\n" if site.engine.gateway else ""
    return (
        f"[Match]\nName=en* eth*\n\n[Network]\nAddress={site.engine.address}\n{gateway}"
        "DHCP=no\nIPv6AcceptRA=no\nLLMNR=no\n"
    )


def _install(device: Path, state: Path, run: Run) -> None:
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    mounted = state / ".seed"
    mounted.mkdir(mode=0o700, exist_ok=True)
    run("mount", "-t", "ext4", "-o", "ro,noload", str(device), str(mounted))
    try:
        for name in SECRETS:
            write_durable(state / name, (mounted / name).read_bytes())
    finally:
        run("umount", str(mounted))
    mounted.rmdir()
    _hand_over(state, [state / name for name in SECRETS])


def _hand_over(state: Path, files: Iterable[Path]) -> None:
    """To the engine's own user, where the image has one."""
    try:
        user = pwd.getpwnam(USER)
    except KeyError:
        return
    for path in (state, *files):
        os.chown(path, user.pw_uid, user.pw_gid)


def _write_if_other(path: Path, text: str) -> None:
    if read_or_none(path) == text.encode():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durable(path, text, 0o644)


if __name__ == "__main__":
    main()
