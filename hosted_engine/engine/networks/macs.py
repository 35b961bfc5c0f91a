"""MAC addresses of NICs: their normal form, and what no NIC can have."""

import re

from hosted_engine.engine.problems import BadValue


def good_mac(mac: str, field: str = "MAC address") -> str:
    """In lower case with colons. Raises BadValue for what no NIC can have."""
    normal = mac.strip().lower().replace("-", ":")
    if not re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", normal):
        reason = "it is not six pairs of hexadecimal digits"
    elif int(normal[:2], 16) & 1:
        reason = "it is a multicast address"
    elif normal == "00:00:00:00:00:00":
        reason = "it is all zeros"
    else:
        return normal
    raise BadValue(value=repr(mac[:40]), field=field, reason=reason)


def as_number(mac: str) -> int:
    """Of one in normal form."""
    return int(mac.replace(":", ""), 16)


def as_mac(number: int) -> str:
    return number.to_bytes(6).hex(":")
