"""Keeps the names of NICs when cards are added, removed or moved: a link file for udev each, by permanent MAC."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from netconf import durable
from netconf.errors import Refused
from netconf.model import LinkType, NetworkState

FOLDER = Path("/etc/systemd/network")
_PREFIX, _SUFFIX = "70-trivet-", ".link"  # before 73-usb-net-by-mac and 99-default, which name by where a card sits


class SameMac(Refused):
    what = "Cannot tell {names} apart"
    why = "they have the same permanent MAC address {mac}"
    mend = "Give their names to them by hand: a .link file that matches by Path="


@dataclass(frozen=True, slots=True)
class Pins:
    """What to write (file name → text) and which files of ours speak of NICs that are no more; `descriptions` tell
    both."""

    write: Mapping[str, str]
    remove: tuple[str, ...]
    descriptions: tuple[str, ...]


def pins(observed: NetworkState, present: Mapping[str, str]) -> Pins:
    """`present`: files of ours → text. Pure; raises SameMac. NICs without a permanent MAC address keep what they get;
    so do virtual functions, which come with another one each time.

    A NIC that is gone keeps its file: it may be back tomorrow. One whose name another NIC has now loses it.
    """
    names: dict[str, list[str]] = {}
    for interface in observed.interfaces:
        if interface.type is LinkType.ETHERNET and interface.permanent_mac is not None and interface.vf_of is None:
            names.setdefault(interface.permanent_mac, []).append(interface.name)
    for mac, found in names.items():
        if len(found) > 1:
            raise SameMac(names=" and ".join(found), mac=mac)
    wanted = {f"{_PREFIX}{found[0]}{_SUFFIX}": link_file(found[0], mac) for mac, found in names.items()}
    write = {name: text for name, text in wanted.items() if present.get(name) != text}
    macs = {mac: f"{_PREFIX}{found[0]}{_SUFFIX}" for mac, found in names.items()}
    remove = tuple(
        name
        for name, text in present.items()
        if any(mac in text and name != mine for mac, mine in macs.items()) and name not in wanted
    )
    says = (
        *(f"{_name(file)} is the NIC with {_mac(names, _name(file))}" for file in write),
        *(f"No longer pinned: {_name(file)}" for file in remove),
    )
    return Pins(write, remove, says)


def link_file(name: str, mac: str) -> str:
    """systemd.link(5)."""
    return (
        "# Written by `trivet net pin`: this NIC keeps its name wherever it sits.\n"
        f"[Match]\nPermanentMACAddress={mac}\n\n[Link]\nNamePolicy=\nName={name}\n"
    )


def read(folder: Path = FOLDER) -> dict[str, str]:
    """Files of ours → text."""
    return {path.name: path.read_text() for path in sorted(folder.glob(f"{_PREFIX}*{_SUFFIX}"))}


def apply(found: Pins, folder: Path = FOLDER) -> None:
    """In force at the next boot. A file is whole or not there; safe to repeat."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in found.write.items():
        durable.write(folder / name, text, mode=0o644)
    for name in found.remove:
        (folder / name).unlink(missing_ok=True)


def _name(file: str) -> str:
    return file.removeprefix(_PREFIX).removesuffix(_SUFFIX)


def _mac(names: Mapping[str, list[str]], name: str) -> str:
    return next(mac for mac, found in names.items() if name in found)
