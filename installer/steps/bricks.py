"""A brick: a partition, LVM with one thin volume that takes all of it, and XFS as Gluster wants it."""

from installer.disk_layout import device_of, id_of, volume_group
from installer.plan import Brick
from installer.steps.releasing import release
from installer.steps.tables import wait_for_udev, wipe, write_table
from installer.steps.work import Work

_LONG_S = 600
_POOL_OPTIONS = ("--chunksize", "256k", "--zero", "n")  # as Red Hat's guide to Gluster has them: XFS zeroes itself
POOL, VOLUME = "bricks", "data"


def make_brick(work: Work, brick: Brick) -> None:
    """From the beginning each time: what a run that was cut off left of it goes."""
    device = device_of(brick.disk.path, brick.partition)
    if brick.own_disk:
        work.check_is_same(brick.disk)
        wipe(work.run, brick.disk.path, release(work.run, brick.disk.path, work.live.sys))
        write_table(work.run, brick.disk.path, brick.table)
    else:
        release(work.run, device, work.live.sys)
        wipe(work.run, device, ())
    volume = _make_volume(work, brick, device)
    work.run(
        *("mkfs.xfs", "-q", "-f", "-i", "size=512", "-L", f"brick-{brick.number}"),
        *("-m", f"uuid={filesystem_uuid(work.plan.installation_id, brick)}", volume),
        timeout_s=_LONG_S,
    )
    wait_for_udev(work.run)


def filesystem_uuid(installation_id: str, brick: Brick) -> str:
    return id_of(installation_id, f"brick-{brick.number} file system")


def deactivate(work: Work, brick: Brick) -> None:
    """So that nothing is half written when the machine restarts."""
    device = device_of(brick.disk.path, brick.partition)
    work.run("vgchange", "--devices", device, "--activate", "n", volume_group(work.plan.installation_id, brick.number))


def _make_volume(work: Work, brick: Brick, device: str) -> str:
    """LVM is shown this one partition: other disks, whole or broken, are not opened."""
    group = volume_group(work.plan.installation_id, brick.number)

    def lvm(command: str, *arguments: str) -> str:
        return work.run(command, "--devices", device, *arguments, timeout_s=_LONG_S)

    lvm("pvcreate", "--yes", "--force", "--force", device)
    lvm("vgcreate", "--yes", group, device)
    lvm("lvcreate", "--yes", "--type", "thin-pool", *_POOL_OPTIONS, "--extents", "100%FREE", "--name", POOL, group)
    size = lvm("lvs", "--noheadings", "--nosuffix", "--units", "b", "--options", "lv_size", f"{group}/{POOL}").strip()
    lvm("lvcreate", "--yes", "--type", "thin", "--virtualsize", f"{size}b", "--thinpool", POOL, "--name", VOLUME, group)
    return f"/dev/{group}/{VOLUME}"
