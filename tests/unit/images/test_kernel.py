"""Our initrds hold the modules that are needed, in the order that they need each other."""

import lzma
from collections.abc import Iterator
from pathlib import Path

import pytest

from images.kernel import Kernel, NoModule, depends, initrd, newc, with_dependencies


def module(needs: str) -> bytes:
    return b"\x7fELF\0license=GPL\0depends=" + needs.encode() + b"\0name=x\0"


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    net = tmp_path / "kernel/drivers/net"
    net.mkdir(parents=True)
    (net / "virtio_net.ko.xz").write_bytes(lzma.compress(module("net_failover")))
    (net / "net-failover.ko.xz").write_bytes(lzma.compress(module("failover")))
    (net / "failover.ko").write_bytes(module(""))
    return tmp_path


def test_dependencies_come_first_and_once(modules: Path) -> None:
    found = with_dependencies(modules, ["net_failover", "virtio_net"])
    assert [name for name, _ in found] == ["failover", "net_failover", "virtio_net"]
    assert found[2][1] == module("net_failover")


def test_a_module_that_is_not_there_is_named(modules: Path) -> None:
    with pytest.raises(NoModule, match="no module floppy"):
        with_dependencies(modules, ["floppy"])


@pytest.mark.parametrize(
    ("data", "names"),
    [(module("a,b-c"), ["a", "b_c"]), (module(""), []), (b"xdepends=a\0", []), (b"", [])],
)
def test_depends(data: bytes, names: list[str]) -> None:
    assert depends(data) == names


def unpack(archive: bytes) -> Iterator[tuple[str, int, bytes]]:
    """As the kernel reads it: headers and contents start at multiples of four."""
    place = 0
    while True:
        header = archive[place : place + 110]
        assert header[:6] == b"070701"
        mode, size, name_size = (int(header[6 + 8 * field : 14 + 8 * field], 16) for field in (1, 6, 11))
        name = archive[place + 110 : place + 110 + name_size]
        assert name.endswith(b"\0")
        content = -(-(place + 110 + name_size) // 4) * 4
        if name == b"TRAILER!!!\0":
            return
        yield name[:-1].decode(), mode, archive[content : content + size]
        place = -(-(content + size) // 4) * 4


def test_the_archive_holds_folders_before_their_files() -> None:
    archive = newc({"init": b"#!/bin/sh\n", "etc/acpi/x": b"", "bin/busybox": b"12345"})
    assert list(unpack(archive)) == [
        ("bin", 0o40755, b""),
        ("etc", 0o40755, b""),
        ("etc/acpi", 0o40755, b""),
        ("init", 0o100755, b"#!/bin/sh\n"),
        ("etc/acpi/x", 0o100755, b""),
        ("bin/busybox", 0o100755, b"12345"),
    ]


def test_modules_are_numbered_in_load_order(modules: Path, tmp_path: Path) -> None:
    (tmp_path / "busybox").touch()
    kernel = Kernel(tmp_path / "vmlinuz", modules, tmp_path / "busybox")
    archive = initrd(kernel, ["virtio_net"], {"init": b""})
    order = [archive.index(name) for name in (b"00-failover.ko", b"01-net_failover.ko", b"02-virtio_net.ko")]
    assert order == sorted(order)
