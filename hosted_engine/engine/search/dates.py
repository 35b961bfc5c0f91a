"""Dates as a search may write them: ISO, as in the United States, and the words Today, Yesterday and Monday to Sunday.

They are in UTC, as the API's dates are.
"""

import re
from datetime import UTC, datetime, timedelta
from itertools import product

_DAY_S = 86_400.0
_DAYS = ("%m/%d/%Y", "%m/%d/%y", "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%A, %B %d, %Y")
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPAN = re.compile(r"(?:([0-9]{1,6})\.)?([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?", re.ASCII)
_WHOLE_DAYS = re.compile("[0-9]{1,6}", re.ASCII)


def moment(text: str, now: float) -> tuple[float, float]:
    """From when to when, in seconds of the epoch: a day is as long as a day, a time of it one second. Raises
    ValueError."""
    today = datetime.fromtimestamp(now, tz=UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    word = text.lower()
    if word in ("today", "yesterday"):
        return _day(today - timedelta(days=word == "yesterday"))
    if word in _WEEKDAYS:
        return _day(today - timedelta(days=(today.weekday() - _WEEKDAYS.index(word) - 1) % 7 + 1))
    date, is_day = _date(text)
    start = date.timestamp()
    return (start, start + _DAY_S) if is_day else (start, start + 1)


def span(text: str) -> float:
    """Seconds of `days`, `hours:minutes[:seconds]` or `days.hours:minutes[:seconds]`. Raises ValueError."""
    if _WHOLE_DAYS.fullmatch(text):
        return int(text) * _DAY_S
    if (found := _SPAN.fullmatch(text)) is None:
        raise ValueError(text)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return days * _DAY_S + hours * 3600 + minutes * 60 + seconds


def _day(start: datetime) -> tuple[float, float]:
    return start.timestamp(), start.timestamp() + _DAY_S


def _date(text: str) -> tuple[datetime, bool]:
    """The moment, and whether only a day was said."""
    try:
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else found.replace(tzinfo=UTC), len(text) <= len("2026-11-30")
    except ValueError:
        pass
    for day, time in product(_DAYS, _TIMES):
        try:
            return datetime.strptime(text, day + time).replace(tzinfo=UTC), not time
        except ValueError:
            continue
    raise ValueError(text)
