"""A connection profile as NetworkManager's keyfile, from the settings that its D-Bus interface takes; pure.

Only what profiles of an installation hold is known here; anything else is a mistake of ours and said as one. What it
writes is read and written again by NetworkManager's own code (`nmcli --offline`) before it is used.
"""

from collections.abc import Callable, Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from dbus_fast import Variant

from netconf.networkmanager.profiles import Group, Settings

_NAMES = {"assigned-mac-address": "cloned-mac-address"}  # nm-settings-keyfile(5)


def keyfile(settings: Settings) -> str:
    """Raises ValueError for what is not known here."""
    sections = (_section(group, values) for group, values in settings.items())
    return "\n".join(section for section in sections)


def _section(group: str, values: Group) -> str:
    lines = [f"[{group}]"]
    for key, variant in values.items():
        lines += (f"{name}={_escaped(text)}" for name, text in _special(group, key)(key, variant))
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    """A blank at the start, and line ends, as GLib's key files want them."""
    text = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
    return f"\\s{text[1:]}" if text.startswith(" ") else text


Writer = Callable[[str, Variant], Iterator[tuple[str, str]]]


def _special(group: str, key: str) -> Writer:
    return _WRITERS.get((group, key)) or _WRITERS.get(("", key)) or _plain


def _plain(key: str, variant: Variant) -> Iterator[tuple[str, str]]:
    value: Any = variant.value
    match variant.signature:
        case "s":
            text = value
        case "b":
            text = "true" if value else "false"
        case "u" | "i" | "y" | "q" | "x" | "t":
            text = str(value)
        case "as":
            text = "".join(f"{word};" for word in value)
        case other:
            raise ValueError(f"no way is known to write {key} of type {other} into a keyfile")
    yield _NAMES.get(key, key), text


def _flat(_: str, variant: Variant) -> Iterator[tuple[str, str]]:
    """Pairs that stand in the section themselves."""
    pairs: Mapping[str, str] = variant.value
    yield from pairs.items()


def _addresses(_: str, variant: Variant) -> Iterator[tuple[str, str]]:
    for number, address in enumerate(variant.value, 1):
        yield f"address{number}", f"{address['address'].value}/{address['prefix'].value}"


def _routes(_: str, variant: Variant) -> Iterator[tuple[str, str]]:
    for number, route in enumerate(variant.value, 1):
        known = {"dest", "prefix", "next-hop"}
        if not known >= set(route):
            raise ValueError(f"no way is known to write a route with {sorted(set(route) - known)} into a keyfile")
        hop = f",{route['next-hop'].value}" if "next-hop" in route else ""
        yield f"route{number}", f"{route['dest'].value}/{route['prefix'].value}{hop}"


def _servers(_: str, variant: Variant) -> Iterator[tuple[str, str]]:
    """IPv4 comes as numbers in network order, IPv6 as bytes."""
    if variant.signature == "au":
        servers = [str(IPv4Address(number.to_bytes(4, "little"))) for number in variant.value]
    else:
        servers = [str(IPv6Address(bytes(packed))) for packed in variant.value]
    yield "dns", "".join(f"{server};" for server in servers)


_WRITERS: dict[tuple[str, str], Writer] = {
    ("user", "data"): _flat,
    ("bond", "options"): _flat,
    ("", "address-data"): _addresses,
    ("", "route-data"): _routes,
    ("", "dns"): _servers,
}
