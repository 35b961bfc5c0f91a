"""Matches the patterns of a search, in which `*` stands for any text, in time that grows with the text alone.

Between two stars the leftmost place is as good as any other, so nothing is ever tried twice. A regular expression made
of the same pattern goes back and tries again: with twenty stars that took longer than anybody waits.
"""

from collections.abc import Callable


def matcher(pattern: str, *, case_sensitive: bool = False) -> Callable[[str], bool]:
    """Whether a whole text fits `pattern`."""
    fold: Callable[[str], str] = str if case_sensitive else str.casefold
    first, *rest = fold(pattern).split("*")
    if not rest:
        return lambda text: fold(text) == first
    *between, last = rest
    inner = tuple(part for part in between if part)

    def fits(text: str) -> bool:
        text = fold(text)
        end = len(text) - len(last)
        if not (text.startswith(first) and text.endswith(last)):
            return False
        place = len(first)
        for part in inner:
            found = text.find(part, place, end)
            if found < 0:
                return False
            place = found + len(part)
        return place <= end

    return fits
