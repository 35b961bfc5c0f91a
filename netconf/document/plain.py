"""Options that are a name and a value, as netconf.options tells of them."""

import re
from collections.abc import Iterable

from netconf.document.reader import Reader, as_interface, short_ip, why_bad_host, why_bad_mac, why_bad_name
from netconf.options import Flag, Ipv4List, Mac, Name, Number, OneOf, Option, Pairs, Text, Token, Value, pairs


def read_options(section: Reader, options: Iterable[Option]) -> Pairs:
    """What the section says of `options`; that it says nothing else is the caller's to check."""
    found = {option.name: _value(section, option) for option in options if section.has(option.name)}
    return pairs({name: value for name, value in found.items() if value is not None})


def _value(section: Reader, option: Option) -> Value | None:
    match option.kind:
        case Number(low, high):
            return section.number(option.name, low, high)
        case OneOf(words):
            return section.choice(option.name, words)
        case Flag():
            return section.flag(option.name)
        case Name():
            return section.checked(option.name, why_bad_name)
        case Mac():
            mac = section.checked(option.name, why_bad_mac)
            return mac and mac.lower()
        case Ipv4List():
            return None if section.is_empty(option.name) else section.checked(option.name, _why_bad_list)
        case Text() | Token() if section.is_empty(option.name):
            return ""
        case Text() as kind:
            return section.checked(option.name, lambda text: _why_bad(text, kind))
        case Token():
            return short_ip(section.checked(option.name, _why_bad_token))


def _why_bad_list(text: str) -> str | None:
    """Of IPv4 addresses."""
    bad = (reason for ip in text.split(",") if (reason := _why_bad_ipv4(ip)) is not None)
    return next(bad, None)


def _why_bad_ipv4(ip: str) -> str | None:
    return f"{ip!r} is not an IPv4 address" if ":" in ip else why_bad_host(ip)


def _why_bad(text: str, kind: Text) -> str | None:
    return None if re.fullmatch(kind.pattern, text) else f"{text!r} is not written like {kind.example}"


def _why_bad_token(text: str) -> str | None:
    parsed = as_interface(text) if "/" not in text else None
    good = parsed is not None and parsed.version == 6 and 0 < int(parsed.ip) < 2**64
    return None if good else f"{text!r} is not written like ::1a:2b"
