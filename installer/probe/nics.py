"""Looks at the NICs of this machine: names and permanent addresses over netlink, the rest in sysfs."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pyroute2 import IPRoute

from installer.sysinfo import Nic

Link = Mapping[str, Any]

_ARPHRD_ETHER = 1
_NET_ADDR_PERM = 0  # linux/netdevice.h: nobody has changed the address


def kernel_links() -> tuple[Link, ...]:
    with IPRoute() as kernel:
        return tuple(kernel.get_links())


def observe_nics(links: Iterable[Link], sys_net: Path = Path("/sys/class/net")) -> tuple[Nic, ...]:
    """Those of `links` that are hardware of this machine, in the order of their names; no wireless ones, which carry no
    bridge, and no virtual functions, which belong to VMs."""
    nics = (_nic(link, sys_net / str(link.get("ifname"))) for link in links if link.get("ifi_type") == _ARPHRD_ETHER)
    return tuple(sorted((nic for nic in nics if nic is not None), key=lambda nic: nic.name))


def _nic(link: Link, folder: Path) -> Nic | None:
    device = folder / "device"
    if not device.exists() or (device / "physfn").exists() or (folder / "phy80211").exists():
        return None
    mac = _permanent_mac(link, folder)
    if mac is None:
        return None
    driver = (device / "driver").resolve().name if (device / "driver").exists() else ""
    has_carrier = _number(folder / "carrier") == 1  # it cannot be read while the link is down
    speed = max(_number(folder / "speed"), 0) if has_carrier else 0
    return Nic(name=folder.name, mac=mac, carrier=has_carrier, speed_mbps=speed, driver=driver)


def _permanent_mac(link: Link, folder: Path) -> str | None:
    """As the driver has it; of drivers that say nothing, the address in use, when nobody has changed it."""
    for mac in (link.get("perm_address"), link.get("address") if _is_unchanged(folder) else None):
        if isinstance(mac, str) and mac.strip("0:"):
            return mac.lower()
    return None


def _is_unchanged(folder: Path) -> bool:
    return _number(folder / "addr_assign_type") == _NET_ADDR_PERM


def _number(path: Path) -> int:
    """-1 where the kernel has none."""
    with suppress(OSError, ValueError):
        return int(path.read_text())
    return -1
