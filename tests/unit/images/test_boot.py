import lzma
from pathlib import Path

from images import boot, project
from node.system.process import run


def modules(folder: Path) -> Path:
    needs = {
        "kernel/drivers/nvme/host/nvme.ko.xz": ["kernel/drivers/nvme/host/nvme-core.ko.xz"],
        "kernel/drivers/nvme/host/nvme-core.ko.xz": ["kernel/drivers/nvme/common/nvme-auth.ko.xz"],
        "kernel/drivers/nvme/common/nvme-auth.ko.xz": [],
        "kernel/drivers/scsi/scsi_debug.ko.xz": [],
        "kernel/drivers/net/ethernet/intel/igb/igb.ko.xz": [],
    }
    for name in needs:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(lzma.compress(name.encode()))
    (folder / "modules.dep").write_text("".join(f"{name}: {' '.join(needs[name])}\n" for name in needs))
    for name in ("modules.order", "modules.builtin", "modules.builtin.modinfo"):
        (folder / name).write_text("".join(f"{name}\n" for name in needs))
    return folder


def test_drivers_of_disks_with_all_that_they_need(tmp_path: Path) -> None:
    boot._copy_drivers(modules(tmp_path / "all"), tmp_path / "some")
    copied = {str(path.relative_to(tmp_path / "some")): path.read_bytes() for path in (tmp_path / "some").rglob("*.ko")}
    assert sorted(copied) == [
        "kernel/drivers/nvme/common/nvme-auth.ko",
        "kernel/drivers/nvme/host/nvme-core.ko",
        "kernel/drivers/nvme/host/nvme.ko",
    ]
    assert copied["kernel/drivers/nvme/host/nvme.ko"] == b"kernel/drivers/nvme/host/nvme.ko.xz"
    assert "nvme.ko\n" in (tmp_path / "some/modules.order").read_text()


def test_the_script_of_the_initrd_is_one() -> None:
    script = project.CONFIGURATION / "metal-initrd/init"
    assert run("sh", "-n", str(script)) == ""
    assert script.stat().st_mode & 0o111
