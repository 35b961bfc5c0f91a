"""The machine itself and its NICs, out of the files and messages of the kernel."""

from pathlib import Path

from installer.probe.machine import memory_bytes, observe_machine, virtualization
from installer.probe.nics import kernel_links, observe_nics
from installer.sysinfo import Nic

CPUINFO = "processor\t: 0\nflags\t\t: fpu vme {} sse2\n\nprocessor\t: 1\nflags\t\t: fpu vme {} sse2\n"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_machine(tmp_path: Path) -> None:
    write(tmp_path / "proc/cpuinfo", CPUINFO.format("svm", "svm"))
    write(tmp_path / "proc/meminfo", "MemTotal:       16309608 kB\nMemFree: 1 kB\n")
    for name, text in (("sys_vendor", "Dell Inc.\n"), ("product_name", "R740 \n"), ("product_serial", "ABC\n")):
        write(tmp_path / "sys/class/dmi/id" / name, text)
    write(tmp_path / "sys/class/dmi/id/product_uuid", "4C4C4544-0042-3510-8051-B4C04F4D3133\n")
    (tmp_path / "sys/firmware/efi").mkdir(parents=True)
    write(tmp_path / "run/trivet/medium/trivet/manifest.json", '{"version": "0.1.0.1", "files": []}')
    machine = observe_machine(tmp_path)
    assert (machine.vendor, machine.product, machine.serial_number) == ("Dell Inc.", "R740", "ABC")
    assert machine.uuid == "4c4c4544-0042-3510-8051-b4c04f4d3133"
    assert (machine.firmware, machine.virtualization, machine.cpus) == ("uefi", "svm", 2)
    assert (machine.memory_bytes, machine.version) == (16309608 * 1024, "0.1.0.1")


def test_a_machine_that_says_nothing(tmp_path: Path) -> None:
    machine = observe_machine(tmp_path)
    assert (machine.vendor, machine.firmware, machine.virtualization) == ("", "bios", "")
    assert (machine.cpus, machine.memory_bytes, machine.version) == (1, 0, "")


def test_the_version_of_an_installed_machine(tmp_path: Path) -> None:
    write(tmp_path / "proc/cmdline", "console=ttyS0 trivet.version=0.1.0.2 quiet\n")
    write(tmp_path / "run/trivet/medium/trivet/manifest.json", "{broken")
    assert observe_machine(tmp_path).version == "0.1.0.2"


def test_flags_and_memory() -> None:
    assert virtualization(CPUINFO.format("vmx", "vmx")) == "vmx"
    assert virtualization(CPUINFO.format("vmxoff", "x")) == ""
    assert memory_bytes("") == 0


def link(name: str, mac: str, permanent: str | None = None, kind: int = 1) -> dict[str, object]:
    return {"ifname": name, "address": mac, "perm_address": permanent, "ifi_type": kind}


def nic(folder: Path, name: str, **files: str) -> None:
    for file, text in files.items():
        write(folder / name / file, text)
    (folder / name / "device").mkdir(parents=True, exist_ok=True)


def test_nics_by_their_permanent_address(tmp_path: Path) -> None:
    nic(tmp_path, "eno1", carrier="1\n", speed="10000\n", addr_assign_type="0\n")
    (tmp_path / "drivers/igb").mkdir(parents=True)
    (tmp_path / "eno1/device/driver").symlink_to(tmp_path / "drivers/igb")
    nic(tmp_path, "eno2", carrier="0\n", speed="-1\n", addr_assign_type="3\n")
    nic(tmp_path, "enp1s0", addr_assign_type="0\n")
    nic(tmp_path, "random", addr_assign_type="1\n")
    nic(tmp_path, "vf0")
    (tmp_path / "vf0/device/physfn").mkdir()
    nic(tmp_path, "wlan0", phy80211="")
    write(tmp_path / "br0/carrier", "1")
    links = [
        link("lo", "00:00:00:00:00:00", kind=772),
        link("enp1s0", "52:54:00:00:00:03"),
        link("eno2", "52:54:00:00:00:01", "52:54:00:00:00:02"),
        link("eno1", "52:54:00:AA:00:01", "52:54:00:AA:00:01"),
        *(link(name, "52:54:00:00:00:09") for name in ("random", "vf0", "wlan0", "br0")),
    ]
    assert observe_nics(links, tmp_path) == (
        Nic(name="eno1", mac="52:54:00:aa:00:01", carrier=True, speed_mbps=10000, driver="igb"),
        Nic(name="eno2", mac="52:54:00:00:00:02"),
        Nic(name="enp1s0", mac="52:54:00:00:00:03"),
    )


def test_the_kernel_of_this_machine_is_asked() -> None:
    assert "lo" in {one.get("ifname") for one in kernel_links()}
    assert all(nic.name and nic.mac == nic.mac.lower() for nic in observe_nics(kernel_links()))
