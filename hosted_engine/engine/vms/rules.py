"""What single settings of a VM are held to."""

import re
import zoneinfo
from functools import cache
from typing import Any

from hosted_engine.engine.entity.field import MIB
from hosted_engine.engine.problems import BadValue

DISPLAY_TYPES = ("vnc",)  # SPICE would make the image of a node 250 MB larger: node/DECISIONS.md


def whole_mib(value: Any, field: str) -> int:
    """In MiB, as oVirt keeps memory: what is over is cut off."""
    return int(value) // MIB * MIB


def known_time_zone(value: Any, field: str) -> str:
    """A name of the IANA database; oVirt's `Etc/GMT` is UTC."""
    if value not in time_zones():
        raise BadValue(value=repr(value[:40]), field=field, reason="there is no such time zone; Europe/Berlin is one")
    return str(value)


def known_machine(value: Any, field: str) -> str:
    """QEMU's names of machines: `pc-i440fx-10.0`, `pc-q35-10.0`; nothing is the one of the BIOS type."""
    if value and not re.fullmatch(r"(pc|q35|pc-(i440fx|q35)-[0-9]+\.[0-9]+)", value):
        raise BadValue(value=repr(value[:40]), field=field, reason="it is no machine of QEMU; pc-q35-10.0 is one")
    return str(value)


def known_display(value: Any, field: str) -> str:
    """vnc: the hosts have no SPICE"""
    if value not in DISPLAY_TYPES:
        reason = f"QEMU of the hosts has {', '.join(DISPLAY_TYPES)} alone, and no SPICE"
        raise BadValue(value=repr(value[:40]), field=field, reason=reason)
    return str(value)


def plain_word(value: Any, field: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._+,-]*", value):
        raise BadValue(value=repr(value[:40]), field=field, reason="only letters, digits and . _ + , - may stand in it")
    return str(value)


@cache
def time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())
