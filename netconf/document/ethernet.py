"""The section `ethernet`: the hardware of a NIC, of which the number of virtual functions can be changed."""

from netconf.document.reader import Reader
from netconf.kinds import Sriov

_MOST = 65535  # the field of PCI's SR-IOV capability has 16 bits


def read_ethernet(section: Reader) -> Sriov | None:
    section.only({"sr-iov", "auto-negotiation", "speed", "duplex"})
    section.not_yet("auto-negotiation", unless=(True,))
    for key in ("speed", "duplex"):
        section.not_yet(key)
    sriov = section.section("sr-iov")
    return None if sriov is None else _sriov(sriov)


def _sriov(section: Reader) -> Sriov | None:
    section.only({"total-vfs", "vfs", "drivers-autoprobe"})
    section.not_yet("drivers-autoprobe", unless=(True,))
    section.not_yet("vfs")
    total_vfs = section.number("total-vfs", 0, _MOST)
    return None if total_vfs is None else Sriov(total_vfs)


def render_ethernet(sriov: Sriov) -> dict[str, object]:
    return {"sr-iov": {"total-vfs": sriov.total_vfs}}
