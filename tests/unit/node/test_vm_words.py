"""States, reasons and names as tables."""

import pytest

from node.api.messages.images import ImageRef
from node.api.messages.vms import DownReason, VmState
from node.storage import layout
from node.vms.names import domain_name
from node.vms.states import state_of

ID = "6f4e1c9a-0b7d-4d0e-9f5a-1d2c3b4a5f60"


@pytest.mark.parametrize(
    ("libvirt", "expected"),
    [
        ((0, 0), (VmState.UNKNOWN, DownReason.NONE)),
        ((1, 1), (VmState.UP, DownReason.NONE)),
        ((2, 0), (VmState.UP, DownReason.NONE)),
        ((3, 1), (VmState.PAUSED, DownReason.NONE)),
        ((4, 1), (VmState.SHUTTING_DOWN, DownReason.NONE)),
        ((3, 11), (VmState.STARTING, DownReason.NONE)),
        ((6, 1), (VmState.DOWN, DownReason.CRASHED)),
        ((7, 0), (VmState.PAUSED, DownReason.NONE)),
        ((42, 0), (VmState.UNKNOWN, DownReason.NONE)),
    ],
)
def test_states(libvirt: tuple[int, int], expected: tuple[VmState, DownReason]) -> None:
    assert state_of(*libvirt)[:2] == expected


def test_a_vm_paused_by_its_storage_says_so() -> None:
    assert "storage" in state_of(3, 5)[2]


@pytest.mark.parametrize(
    ("name", "taken", "expected"),
    [
        ("web-1.example", [], "web-1.example"),
        ("web", ["web"], "web-6f4e1c9a"),
        ("web", ["web", "web-6f4e1c9a"], f"web-{ID}"),
        ("my web server", [], "my-web-server-6f4e1c9a"),
        ("Büro № 7", [], "B-ro-7-6f4e1c9a"),
        ("日本", [], "vm-6f4e1c9a"),
        ("-x", [], "x-6f4e1c9a"),
        ("../etc", [], "etc-6f4e1c9a"),
        ("a" * 64, [], "a" * 40 + "-6f4e1c9a"),
    ],
)
def test_domain_names(name: str, taken: list[str], expected: str) -> None:
    assert domain_name(name, ID, taken) == expected


def test_a_backing_image_is_found_again_by_its_text() -> None:
    ref = ImageRef(storage_domain="data", disk_id="d", image_id="i")
    assert layout.backing_ref("data", layout.backing_text(ref)) == ref
    assert layout.backing_ref("data", "/somewhere/else") is None
