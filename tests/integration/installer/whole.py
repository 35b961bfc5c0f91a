"""What the disks of the bench have to hold when an installation says that it is done."""

import json
import tomllib
from pathlib import Path

from installer.steps.tables import read_table
from node.system.process import run
from tests.integration.installer.bench import Bench, read_esp
from tests.unit.installer.given import VERSION


def check_disks(there: Bench, place: Path, *, claim_code: str) -> None:
    device = there.devices["SYS"]
    table = read_table(run, device)
    assert table is not None
    labels = [partition.label for partition in table.partitions]
    assert labels == ["trivet-esp", f"trivet_{VERSION}", "_empty", "trivet-state"]
    image = (there.live.medium / f"trivet_{VERSION}.squashfs").read_bytes()
    with Path(f"{device}p2").open("rb") as slot:
        assert slot.read(len(image)) == image
    for path in ("EFI/BOOT/BOOTX64.EFI", "EFI/systemd/systemd-bootx64.efi"):
        assert read_esp(f"{device}p1", path) == there.live.boot_loader.read_bytes()
    kernel = f"trivet_{VERSION}.efi"
    assert read_esp(f"{device}p1", f"EFI/Linux/{kernel}") == (there.live.medium / kernel).read_bytes()
    assert b"timeout 3\n" in read_esp(f"{device}p1", "loader/loader.conf")
    assert run("blkid", "--match-tag", "TYPE", "--output", "value", f"{there.devices['BRICK']}p1").strip() == "xfs"
    place.mkdir(exist_ok=True)
    run("mount", "-o", "ro", f"{device}p4", str(place))
    try:
        _check_state(there, place, claim_code, table.uuid)
    finally:
        run("umount", str(place))


def _check_state(there: Bench, state: Path, claim_code: str, installation_id: str) -> None:
    etc = state / "etc/upper"
    assert _odd_modes(state) == {
        "etc/upper/trivet": 0o750,
        "var/upper/lib/trivet": 0o711,
        "var/upper/lib/trivet/node": 0o700,
    }
    assert json.loads((state / "installation.json").read_text()) == {
        "id": installation_id,
        "version": VERSION,
        "disks": ["SYS", "BRICK"],
    }
    assert (etc / "hostname").read_text() == "node1.example.org\n"
    assert (etc / "shadow").read_text().startswith("root:$y$j9T$abc$def:")
    assert ((etc / "shadow").stat().st_mode & 0o777, (etc / "shadow").stat().st_gid) == (0o640, 42)
    settings = tomllib.loads((etc / "trivet/node.toml").read_text())
    assert settings == {"name": "node1", "shipped_images": "/state/images"}
    profile = etc / "NetworkManager/system-connections/trivet-enp1s0.nmconnection"
    assert profile.stat().st_mode & 0o777 == 0o600
    assert "address1=192.0.2.11/24" in profile.read_text()
    assert "PermanentMACAddress=52:54:00:00:00:01" in (etc / "systemd/network/70-trivet-enp1s0.link").read_text()
    assert (etc / "systemd/system/multi-user.target.wants/ssh.service").is_symlink()
    assert (etc / "ssh/ssh_host_ed25519_key").stat().st_mode & 0o777 == 0o600
    assert "Where=/bricks/data\n" in (etc / "systemd/system/bricks-data.mount").read_text()
    identity = state / "var/upper/lib/trivet/node"
    assert (identity / "claim").read_text() == claim_code
    assert (identity / "key.pem").stat().st_mode & 0o777 == 0o600
    for name in ("engine.qcow2", "tiny.qcow2"):
        assert (state / "images" / name).read_bytes() == (there.live.medium / name).read_bytes()


def _odd_modes(state: Path) -> dict[str, int]:
    """The folders that lie over those of the image and are not open to everybody."""
    folders = (path for layer in ("etc/upper", "var/upper") for path in ((state / layer), *(state / layer).rglob("*/")))
    modes = {str(path.relative_to(state)): path.stat().st_mode & 0o777 for path in folders if path.is_dir()}
    return {path: mode for path, mode in modes.items() if mode != 0o755}
