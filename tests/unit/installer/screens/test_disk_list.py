from installer.screens.disk_list import DiskLine, DiskList
from installer.sysinfo import Disk

CD = Disk(path="/dev/sr0", size_bytes=454 << 20, serial="QM1", medium=True, removable=True)
SMALL = Disk(path="/dev/vda", size_bytes=16 << 20, serial="STICK")
ONE = Disk(path="/dev/vdb", size_bytes=40 << 30, serial="ONE")
TWO = Disk(path="/dev/vdc", size_bytes=30 << 30, serial="TWO")


def test_what_nothing_can_be_put_on_stands_last() -> None:
    lines = list(DiskList((CD, SMALL, ONE, TWO), (), ()).compose())
    names = [line.disk.name for line in lines if isinstance(line, DiskLine)]
    assert [name for name in names if name in ("vdb", "vdc", "sr0")] == ["vdb", "vdc", "sr0"]
