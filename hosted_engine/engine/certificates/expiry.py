"""Which certificates are about to expire, and what is told of that. Pure."""

from datetime import UTC, datetime
from enum import IntEnum

from hosted_engine.engine.events.types import EventType

DAY_S = 86_400.0
WARNING_DAYS, ALERT_DAYS = 120, 30  # they are renewed long before: who reads of it has something to mend


class Expiry(IntEnum):
    """The worse the larger."""

    FAR = 0
    NEAR = 1
    CLOSE = 2
    OVER = 3


HOST = {
    Expiry.NEAR: EventType.HOST_CERTIFICATION_IS_ABOUT_TO_EXPIRE,
    Expiry.CLOSE: EventType.HOST_CERTIFICATION_IS_ABOUT_TO_EXPIRE_ALERT,
    Expiry.OVER: EventType.HOST_CERTIFICATION_HAS_EXPIRED,
}
ENGINE = {
    Expiry.NEAR: EventType.ENGINE_CERTIFICATION_IS_ABOUT_TO_EXPIRE,
    Expiry.CLOSE: EventType.ENGINE_CERTIFICATION_IS_ABOUT_TO_EXPIRE_ALERT,
    Expiry.OVER: EventType.ENGINE_CERTIFICATION_HAS_EXPIRED,
}
AUTHORITY = {
    Expiry.NEAR: EventType.ENGINE_CA_CERTIFICATION_IS_ABOUT_TO_EXPIRE,
    Expiry.CLOSE: EventType.ENGINE_CA_CERTIFICATION_IS_ABOUT_TO_EXPIRE_ALERT,
    Expiry.OVER: EventType.ENGINE_CA_CERTIFICATION_HAS_EXPIRED,
}


def expiry(until: float, now: float) -> Expiry:
    days = (until - now) / DAY_S
    if days <= 0:
        return Expiry.OVER
    return Expiry.CLOSE if days <= ALERT_DAYS else Expiry.NEAR if days <= WARNING_DAYS else Expiry.FAR


def format_day(until: float) -> str:
    return datetime.fromtimestamp(until, UTC).strftime("%Y-%m-%d")
