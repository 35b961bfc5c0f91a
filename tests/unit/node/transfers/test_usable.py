"""What qemu-img 7.2 says of images, and whether a VM may have them."""

from pathlib import Path

import pytest

from node.api.messages.images import ImageFormat, ImageRef
from node.api.messages.transfers import ImageCheck
from node.transfers.usable import virtual_size, why_not_format, why_not_usable

DATA = Path(__file__).parents[3] / "data/node/qemu-img-info"
MIB = 1 << 20
BASE = ImageRef(storage_domain="data", disk_id="disk", image_id="image")
CHECK = ImageCheck(format=ImageFormat.QCOW2, size_bytes=10 * MIB)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("backing", "it has a backing file, a.qcow2, which a VM would be shown"),
        ("overlay", "it has a backing file, ../disk/image, which a VM would be shown"),
        ("data-file", "its content lies in another file, d.raw, which a VM would be shown"),
        ("encrypted", "it is encrypted, and nobody has given its secret"),
        ("plain", None),
    ],
)
def test_only_an_image_that_is_whole_in_itself_is_good(name: str, reason: str | None) -> None:
    assert why_not_usable((DATA / f"{name}.json").read_text(), CHECK) == reason


def test_one_that_stands_on_a_template_has_to_stand_on_it_still() -> None:
    check = ImageCheck(format=ImageFormat.QCOW2, size_bytes=10 * MIB, backing=BASE)
    assert why_not_usable((DATA / "overlay.json").read_text(), check) is None
    assert "does not stand" in str(why_not_usable((DATA / "plain.json").read_text(), check))
    assert "backing file" in str(why_not_usable((DATA / "backing.json").read_text(), check))


def test_one_that_is_larger_than_its_disk_is_not() -> None:
    info = (DATA / "plain.json").read_text()
    assert virtual_size(info) == 10 * MIB
    smaller = ImageCheck(format=ImageFormat.QCOW2, size_bytes=10 * MIB - 512)
    assert why_not_usable(info, smaller) == "it has 10485760 bytes, and the disk has 10485248"


@pytest.mark.parametrize(
    ("begin", "form", "good"),
    [
        (b"QFI\xfb", ImageFormat.QCOW2, True),
        (b"QFI\xfb", ImageFormat.RAW, False),
        (b"\0\0\0\0", ImageFormat.QCOW2, False),
        (b"\0\0\0\0", ImageFormat.RAW, True),
        (b"", ImageFormat.QCOW2, False),
    ],
)
def test_what_it_begins_with_has_to_be_its_format(begin: bytes, form: ImageFormat, good: bool) -> None:
    assert (why_not_format(begin, form) is None) is good
