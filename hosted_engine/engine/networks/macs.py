"""MAC addresses of VMs: random ones under oVirt's prefix, checked where a user brings his own."""

import re
import secrets
from collections.abc import Collection

from hosted_engine.engine.problems import BadValue

PREFIX = "56:6f"  # oVirt's; locally administered, unicast


def choose_mac(taken: Collection[str]) -> str:
    """Random, so that two sites on one network hardly ever choose the same."""
    while True:
        mac = PREFIX + "".join(f":{byte:02x}" for byte in secrets.token_bytes(4))
        if mac not in taken:
            return mac


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
