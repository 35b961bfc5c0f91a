"""Reads values out of a nested document and gathers what is wrong instead of stopping at the first mistake."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from enum import StrEnum
from ipaddress import IPv4Interface, IPv6Interface, ip_interface, ip_network
from typing import TypeVar

from netconf.errors import Finding

_Word = TypeVar("_Word", bound=StrEnum)
_YES, _NO = ("true", "yes", "on", "1", "y"), ("false", "no", "off", "0", "n")  # as nmstate reads them
_NOT_YET = "cannot be made yet"
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

    def wrong(self, key: str, message: str) -> None:
        self.findings.append(Finding(self.at(key), message))

    def at(self, key: str) -> str:
        return ".".join(part for part in (self.path, key) if part) or "document"

    def has(self, key: str) -> bool:
        return self._value.get(key) is not None

    def is_empty(self, key: str) -> bool:
        return self._value.get(key) == ""

    def wrong_at(self, key: str) -> bool:
        return any(finding.path == self.at(key) for finding in self.findings)

    def only(self, known: Collection[str], not_yet: Collection[str] = ()) -> None:
        """`not_yet` are keys of nmstate's schema that we know but do not make."""
        for key in self._value:
            if key in not_yet:
                self.not_yet(key)
            elif key not in known:
                self.wrong(str(key), "is not known here")

    def not_yet(self, key: str, unless: Collection[object] = ()) -> None:
        """Refuse a value that we could not make true; `unless` are those that say what is so anyway."""
        if self.has(key) and not any(self._value[key] == value for value in ([], {}, *unless)):
            self.wrong(key, _NOT_YET)

    def known_as(self, *keys: str) -> str:
        """The one of these names of one thing that is used here, the first if none is."""
        used = [key for key in keys if self.has(key)] or [keys[0]]
        for other in used[1:]:
            self.wrong(other, f"is another name of {used[0]}: keep one of the two")
        return used[0]

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
        if str(value).lower() in (*_YES, *_NO):
            return str(value).lower() in _YES
        self.wrong(key, f"has to be true or false, not {_kind(value)}")
        return None

    def number(self, key: str, low: int, high: int) -> int | None:
        if not self.has(key):
            return None
        value = self._value[key]
        if isinstance(value, str) and re.fullmatch(r"-?[0-9]+|0x[0-9a-fA-F]+", value):
            value = int(value, 0 if "x" in value else 10)
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

    def word(self, key: str, values: type[_Word], *, also: Mapping[str, _Word] | None = None) -> _Word | None:
        """One of `values`, or what `also` takes for one."""
        if not self.has(key):
            return None
        text = str(self._value[key])
        if also is not None and text in also:
            return also[text]
        try:
            return values(text)
        except ValueError:
            self.wrong(key, f"{text!r} is none of {', '.join(values)}")
            return None

    def choice(self, key: str, values: Collection[str]) -> str | None:
        """One of `values`, or its number."""
        if not self.has(key):
            return None
        text = str(self._value[key])
        numbered = {str(number): word for number, word in enumerate(values)}
        if text in values or text in numbered:
            return numbered.get(text, text)
        self.wrong(key, f"{text!r} is none of {', '.join(values)}")
        return None

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


def why_bad_host(ip: str) -> str | None:
    """Of an address at which a machine of its own is to be: a gateway, a name server."""
    parsed = as_interface(ip) if "/" not in ip else None
    if parsed is None:
        return f"{ip!r} is not an IP address"
    if "%" in ip:
        return f"{ip!r} names an interface, which is said elsewhere: leave %… out"
    address = parsed.ip
    kinds = (
        (address.is_unspecified, "is no address: nobody can have it"),
        (address.is_multicast, "is a multicast address: no machine has it alone"),
        (address.is_loopback, "is a loopback address: it is this machine itself"),
        (address.version == 4 and int(address) == 2**32 - 1, "is the broadcast address: no machine has it alone"),
        (address.version == 4 and int(address) < 2**24, "is an address of no network (0.0.0.0/8)"),
    )
    return next((f"{ip} {says}" for wrong, says in kinds if wrong), None)


def short_ip(ip: str | None) -> str | None:
    """As the kernel writes it."""
    parsed = None if ip is None else as_interface(ip)
    return ip if parsed is None else str(parsed.ip)


def why_bad_network(network: str) -> str | None:
    try:
        ip_network(network)
    except ValueError as err:
        return f"{network!r} is not a network: {err}"
    return None


def as_network(network: str) -> str:
    """The short way to write what why_bad_network finds nothing against; an address alone is a network of one."""
    return str(ip_network(network))


def as_interface(ip: str) -> IPv4Interface | IPv6Interface | None:
    try:
        return ip_interface(ip)
    except ValueError:
        return None


def _kind(value: object) -> str:
    names = {dict: "a mapping", list: "a list", str: "an empty text", bool: "true or false", type(None): "nothing"}
    return names.get(type(value), repr(value))
