"""Dates and spans of time as a search may write them."""

import re
from datetime import UTC, datetime

import pytest

from hosted_engine.engine.search.dates import moment, span

NOW = datetime(2026, 11, 26, 15, 30, tzinfo=UTC).timestamp()  # a Thursday
DAY_S = 86_400


@pytest.mark.parametrize(
    ("text", "day", "length_s"),
    [
        ("today", "2026-11-26", DAY_S),
        ("Yesterday", "2026-11-25", DAY_S),
        ("Wednesday", "2026-11-25", DAY_S),
        ("monday", "2026-11-23", DAY_S),
        ("Friday", "2026-11-20", DAY_S),
        ("Thursday", "2026-11-19", DAY_S),
        ("2026-11-20", "2026-11-20", DAY_S),
        ("2026-11-20T08:30", "2026-11-20T08:30", 1),
        ("2026-11-20 08:30:15", "2026-11-20T08:30:15", 1),
        ("2026-11-20T08:30:00+02:00", "2026-11-20T06:30", 1),
        ("11/20/2026", "2026-11-20", DAY_S),
        ("11/20/26", "2026-11-20", DAY_S),
        ("11/20/2026 3:05 PM", "2026-11-20T15:05", 1),
        ("Nov 20, 2026", "2026-11-20", DAY_S),
        ("20 November 2026 10:00", "2026-11-20T10:00", 1),
    ],
)
def test_moments(text: str, day: str, length_s: float) -> None:
    start = datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
    assert moment(text, NOW) == (start, start + length_s)


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "13/13/2026", "1763596800000"])
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(ValueError, match=text or "^$"):
        moment(text, NOW)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2", 2 * DAY_S), ("12:30", 45_000), ("12:30:05", 45_005), ("1.12:30:00", DAY_S + 45_000), ("0.00:00:01", 1)],
)
def test_spans(text: str, seconds: float) -> None:
    assert span(text) == seconds


@pytest.mark.parametrize("text", ["", "1.", "1.5", "12:", "a", ":30", "1.12", "-1"])
def test_what_is_no_span(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text) or "^$"):
        span(text)
