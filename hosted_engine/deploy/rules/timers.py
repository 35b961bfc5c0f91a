"""Which timers the answers may name. Pure."""

from collections.abc import Mapping
from typing import Any

from hosted_engine.ha.profiles import DEFAULT, PROFILES

LONGEST_IO_TIMEOUT_S = 60


def why_not_profile(text: str) -> str | None:
    return None if text in PROFILES else f"has to be {' or '.join(PROFILES)}"


def why_not_lease_io_timeout_s(number: int) -> str | None:
    """With less sanlock would not bear the stall after a brick's host has died."""
    least = DEFAULT.shortest_io_timeout_s
    return None if least <= number <= LONGEST_IO_TIMEOUT_S else f"has to be {least} to {LONGEST_IO_TIMEOUT_S}"


def mistakes(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What does not go together."""
    if "profile" in values and values.get("lease_io_timeout_s") is not None:
        return [("lease_io_timeout_s", "does not go with profile, from which it follows: leave one of the two out")]
    return []
