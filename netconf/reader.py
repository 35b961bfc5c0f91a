"""Reads values out of a nested document and gathers what is wrong instead of stopping at the first mistake."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from ipaddress import IPv4Interface, IPv6Interface, ip_interface, ip_network

from netconf.errors import Finding

_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


class Reader:
    """One mapping of a document, with the path that leads to it. All readers of a document share `findings`."""

    def __init__(self, value: object, path: str, findings: list[Finding]) -> None:
        self.path = path
        self.findings = findings
        self._value: Mapping[str, object] = {}
        if isinstance(value, Mapping):
            self._value = value
        else:
            self.wrong("", f"has to be a mapping, not {_kind(value)}")

    def wrong(self, key: str, says: str) -> None:
        self.findings.append(Finding(self.at(key), says))

    def at(self, key: str) -> str:
        return ".".join(part for part in (self.path, key) if part) or "document"

    def has(self, key: str) -> bool:
        return self._value.get(key) is not None

    def only(self, known: Collection[str]) -> None:
        for key in self._value:
            if key not in known:
                self.wrong(str(key), "is not known here")

    def section(self, key: str) -> "Reader | None":
        return Reader(self._value[key], self.at(key), self.findings) if self.has(key) else None

    def sections(self, key: str) -> Iterator["Reader"]:
        for number, item in enumerate(self._list(key)):
            yield Reader(item, f"{self.at(key)}[{number}]", self.findings)

    def text(self, key: str) -> str | None:
        if not self.has(key):
            return None
        value = self._value[key]
        if isinstance(value, str) and value:
            return value
        self.wrong(key, f"has to be a text, not {_kind(value)}")
        return None

    def required(self, key: str) -> str:
        if not self.has(key):
            self.wrong(key, "is missing")
        return self.text(key) or ""

    def texts(self, key: str, why_bad: Callable[[str], str | None]) -> tuple[str, ...]:
        found = []
        for number, item in enumerate(self._list(key)):
            reason = why_bad(item) if isinstance(item, str) else f"has to be a text, not {_kind(item)}"
            if reason is not None:
                self.wrong(f"{key}[{number}]", reason)
            found.append(str(item))
        return tuple(found)

    def flag(self, key: str) -> bool | None:
        if not self.has(key):
            return None
        value = self._value[key]
        if isinstance(value, bool):
            return value
        self.wrong(key, f"has to be true or false, not {_kind(value)}")
        return None

    def number(self, key: str, low: int, high: int) -> int | None:
        if not self.has(key):
            return None
        value = self._value[key]
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        self.wrong(key, f"has to be a whole number from {low} to {high}, not {value!r}")
        return None

    def checked(self, key: str, why_bad: Callable[[str], str | None]) -> str | None:
        """A text for which `why_bad` finds no reason against it."""
        value = self.text(key)
        if value is None:
            return None
        reason = why_bad(value)
        if reason is not None:
            self.wrong(key, reason)
        return value

    def _list(self, key: str) -> list[object]:
        value = self._value.get(key)
        if value is None:
            return []
        if isinstance(value, list | tuple):
            return list(value)
        self.wrong(key, f"has to be a list, not {_kind(value)}")
        return []


def why_bad_name(name: str) -> str | None:
    """The kernel's rule for interface names."""
    if len(name) > 15:
        return f"{name!r} is longer than the 15 characters an interface name may have"
    if name in (".", "..") or any(char in "/:" or char.isspace() or not char.isprintable() for char in name):
        return f"{name!r} holds what an interface name may not: blanks, / or :"
    return None


def why_bad_mac(mac: str) -> str | None:
    if not _MAC.fullmatch(mac.lower()):
        return f"{mac!r} is not written like 52:54:00:12:34:56"
    if int(mac[:2], 16) & 1:
        return f"{mac!r} is a multicast address and cannot belong to an interface"
    return None


def why_bad_ip(ip: str) -> str | None:
    return None if as_interface(ip) is not None and "/" not in ip else f"{ip!r} is not an IP address"


def why_bad_network(network: str) -> str | None:
    try:
        ip_network(network)
    except ValueError as err:
        return f"{network!r} is not a network: {err}"
    return None if "/" in network else f"{network!r} has no prefix length"


def as_interface(ip: str) -> IPv4Interface | IPv6Interface | None:
    try:
        return ip_interface(ip)
    except ValueError:
        return None


def _kind(value: object) -> str:
    names = {dict: "a mapping", list: "a list", str: "an empty text", bool: "true or false", type(None): "nothing"}
    return names.get(type(value), repr(value))
