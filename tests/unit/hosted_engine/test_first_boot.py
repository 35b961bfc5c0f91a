"""The engine VM becomes what its seed disk says, once, whatever happens in between; the seed is a real ext4 image."""

import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from hosted_engine.first_boot import STATE, SeedMissing, find_seed, first_boot, label, network_file
from hosted_engine.site import EngineVm, Site

SITE = Site(
    name="lab",
    data_center="Default",
    cluster="Default",
    management_network="ovirtmgmt",
    engine=EngineVm(id="1", name="HostedEngine", address="192.0.2.10/24", gateway="192.0.2.1", dns=("192.0.2.53",)),
    nodes=(),
    volumes=(),
    templates=(),
    names={"node1": "192.0.2.11", "engine.lab.test": "192.0.2.10"},
    admin_user="admin@internal",
    admin_password_hash="scrypt$",
)
FILES = {"site.json": msgspec.json.encode(SITE).decode(), "ca.crt": "a", "ca.key": "b", "engine.crt": "c"} | {
    "engine.key": "d"
}


class Mounter:
    """Mounts by copying; `fails` lets the next mount come up empty, as a torn seed would."""

    def __init__(self, content: dict[str, str]) -> None:
        self.content = content
        self.mounts = 0

    def __call__(self, *argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        target = Path(argv[-1])
        if argv[0] == "mount":
            self.mounts += 1
            for name, text in self.content.items():
                (target / name).write_text(text)
        else:
            for path in target.iterdir():
                path.unlink()
        return ""


@pytest.fixture
def devices(tmp_path: Path) -> Path:
    """/dev with a system disk without a file system and a seed disk."""
    mkfs = shutil.which("mkfs.ext4", path="/usr/sbin:/sbin:/usr/bin")
    if mkfs is None:
        pytest.skip("no mkfs.ext4 here")
    folder = tmp_path / "dev"
    folder.mkdir()
    (folder / "vda").write_bytes(bytes(8192))
    (folder / "vdb").write_bytes(bytes(1 << 20))
    subprocess.run([mkfs, "-q", "-F", "-L", "TRIVETSEED", folder / "vdb"], check=True)
    return folder


def test_the_seed_is_found_by_its_label(devices: Path) -> None:
    assert label(devices / "vda") is None
    assert find_seed(devices, 0) == devices / "vdb"


def test_without_a_seed_the_engine_says_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(SeedMissing, match="TRIVETSEED"):
        find_seed(tmp_path, 0)


def test_the_vm_gets_name_address_and_keys(tmp_path: Path, devices: Path) -> None:
    root = tmp_path / "root"
    first_boot(root, Mounter(FILES), devices=devices, wait_s=0)
    assert {path.name: path.read_text() for path in (root / STATE).iterdir()} == FILES
    assert all(path.stat().st_mode & 0o077 == 0 for path in [root / STATE, *(root / STATE).iterdir()])
    assert (root / "etc/hostname").read_text() == "engine.lab.test\n"
    assert "192.0.2.11 node1\n" in (root / "etc/hosts").read_text()
    assert (root / "etc/resolv.conf").read_text() == "nameserver 192.0.2.53\n"
    assert (root / "etc/systemd/network/10-management.network").read_text() == network_file(SITE)


def test_what_the_engine_changed_since_stays(tmp_path: Path, devices: Path) -> None:
    root, mounter = tmp_path / "root", Mounter(FILES)
    first_boot(root, mounter, devices=devices, wait_s=0)
    (root / STATE / "engine.crt").write_text("renewed")
    (root / "etc/hosts").unlink()
    first_boot(root, mounter, devices=devices, wait_s=0)
    assert (root / STATE / "engine.crt").read_text() == "renewed"
    assert (root / "etc/hosts").exists()
    assert mounter.mounts == 1


def test_a_first_boot_that_was_cut_off_is_done_again(tmp_path: Path, devices: Path) -> None:
    root, mounter = tmp_path / "root", Mounter({name: FILES[name] for name in ("ca.crt", "ca.key")})
    with pytest.raises(FileNotFoundError):
        first_boot(root, mounter, devices=devices, wait_s=0)
    mounter.content = FILES
    first_boot(root, mounter, devices=devices, wait_s=0)
    assert (root / STATE / "site.json").read_text() == FILES["site.json"]


def test_the_network_card_gets_the_static_address_and_nothing_else() -> None:
    assert network_file(SITE).splitlines()[:6] == [
        "[Match]",
        "Name=en* eth*",
        "",
        "[Network]",
        "Address=192.0.2.10/24",
        "Gateway=192.0.2.1",
    ]
