"""What single settings of a VM are held to."""

import zoneinfo
from functools import cache
from typing import Any

from hosted_engine.engine.entity.field import MIB
from hosted_engine.engine.problems import BadValue


def whole_mib(value: Any, field: str) -> int:
    """In MiB, as oVirt keeps memory: what is over is cut off."""
    return int(value) // MIB * MIB


def known_time_zone(value: Any, field: str) -> str:
    """A name of the IANA database; oVirt's `Etc/GMT` is UTC."""
    if value not in _zones():
        raise BadValue(value=repr(value[:40]), field=field, reason="there is no such time zone; Europe/Berlin is one")
    return str(value)


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())
