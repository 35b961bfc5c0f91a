"""What the tools of the medium said in a machine with disks of every kind, read and put into words."""

from pathlib import Path

from installer.probe.block_devices import parse
from installer.probe.contents import Facts, contents_of
from installer.probe.signatures import VolumeGroup, parse_pvs, parse_sfdisk, parse_wipefs

FOLDER = Path(__file__).parents[2] / "data/installer"
LSBLK = (FOLDER / "lsblk.json").read_text()  # util-linux 2.41.5, with udev
DEVICES = {device.name: device for device in parse(LSBLK)}


def test_what_disks_are_known_by() -> None:
    known = {
        name: (device.serial, device.wwn, device.model, device.transport, device.rotational, device.removable)
        for name, device in DEVICES.items()
    }
    assert known == {
        "nvme0n1": (
            "NVME-EXT4",
            "nvme.1b36-4e564d452d45585434-51454d55204e564d65204374726c-00000001",
            "QEMU NVMe Ctrl",
            "nvme",
            False,
            False,
        ),
        "sda": ("SATA-LVM", "0x5000c50015ea7101", "Seagate ST1", "sata", True, False),
        "sdk": ("SCSI-PARTS", "", "QEMU HARDDISK", "", True, False),
        "sdl": ("MPATH", "0x5000c50015ea7200", "QEMU HARDDISK", "", True, False),
        "sdm": ("MPATH", "0x5000c50015ea7200", "QEMU HARDDISK", "", True, False),
        "sdo": ("USB1", "", "QEMU HARDDISK", "usb", True, True),
        "sr0": ("QM00001", "", "QEMU DVD-ROM", "sata", True, True),
        "vda": ("SYSTEM", "", "", "virtio", True, False),
    }
    assert (DEVICES["sr0"].type, DEVICES["sr0"].sector_bytes, DEVICES["sr0"].mount_points) == (
        "rom",
        2048,
        ("/run/trivet/medium",),
    )


def test_a_disk_in_use() -> None:
    facts = Facts(
        device=DEVICES["sdk"],
        found=parse_wipefs((FOLDER / "wipefs.json").read_text()),
        table=parse_sfdisk((FOLDER / "sfdisk.json").read_text()),
        groups={"sdk3": group} if (group := parse_pvs((FOLDER / "pvs.json").read_text())) else {},
    )
    assert facts.groups == {"sdk3": VolumeGroup(name="vgx", logical_volumes=1)}
    assert [(one.place, one.description) for one in contents_of(facts)] == [
        ("sdk1", "mounted at /tmp/d"),
        ("sdk2", "swap space in use"),
        ("sdk3", "mounted at /tmp/h (vgx-home)"),
        ("sdk1", "ext4 file system srv"),
        ("sdk3", "LVM volume group vgx (1 logical volume)"),
    ]


def test_volumes_that_are_active_and_not_mounted_are_not_in_use() -> None:
    facts = Facts(device=DEVICES["sda"], found=parse_wipefs(WHOLE), groups={"sda": VolumeGroup(name="vg0")})
    assert [one.description for one in contents_of(facts)] == ["LVM volume group vg0 (0 logical volumes)"]


WHOLE = '{"signatures": [{"device": "sda", "offset": "0x218", "type": "LVM2_member", "usage": "raid"}]}'
