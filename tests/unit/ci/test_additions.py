from pathlib import Path

import pytest

from ci.lab import additions
from ci.lab.additions import Addition
from ci.lab.names import Lab

NODE = Lab("lab").nodes(3)[1]
LOWER = {
    "/etc/libvirt/qemu.conf": '# comment\nuser = "libvirt-qemu"\nlock_manager = "sanlock"\n#group = "kvm"\n',
    "/etc/libvirt/libvirtd.conf": "",
}


def made(shim: bytes | None = None) -> dict[str, Addition]:
    return {addition.path: addition for addition in additions.additions(NODE, lower=LOWER, shim=shim)}


def test_settings_replace_those_of_the_image_and_leave_the_others() -> None:
    lines = str(made()["/etc/libvirt/qemu.conf"].content).splitlines()
    assert [line for line in lines if line.startswith("user")] == ['user = "root"']
    assert 'lock_manager = "sanlock"' in lines
    assert "# comment" in lines


def test_the_shim_comes_only_where_it_is_needed() -> None:
    assert additions.SHIM not in made()
    assert made(b"code")[additions.SHIM].content == b"code"


@pytest.mark.parametrize(
    ("status", "needed"), [("CapEff:\t000001ffffffffff\n", False), ("CapEff:\t000001fffeffffff\n", True)]
)
def test_the_shim_is_needed_without_the_right_to_raise_limits(status: str, needed: bool) -> None:
    assert additions.needs_shim("Name:\tx\n" + status) is needed


def test_what_belongs_to_the_node_is_written_before_the_first_boot_only(tmp_path: Path) -> None:
    profile = tmp_path / "etc/NetworkManager/system-connections/host0.nmconnection"
    additions.write(tmp_path, tuple(made().values()), first_boot=True)
    assert "address1=192.0.2.12/24" in profile.read_text()
    assert profile.stat().st_mode & 0o777 == 0o600
    profile.unlink()  # the deploy moved the address to a bridge
    (tmp_path / "etc/default/sanlock").unlink()
    additions.write(tmp_path, tuple(made().values()), first_boot=False)
    assert not profile.exists()
    assert (tmp_path / "etc/default/sanlock").exists()


def test_writing_twice_is_as_writing_once(tmp_path: Path) -> None:
    for _ in range(2):
        additions.write(tmp_path, tuple(made(b"code").values()), first_boot=True)
    assert (tmp_path / "etc/systemd/system/wdmd.service").readlink() == Path("/dev/null")
    assert (tmp_path / "etc/machine-id").read_text().strip() == NODE.machine_id
