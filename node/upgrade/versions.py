"""Which of two versions is the newer one, as systemd-boot decides it when it sorts its kernels; pure.

The rules are those of UAPI.10, Version Format Specification, in the order of systemd's strverscmp_improved(). Another
order here would let an upgrade succeed that the boot loader never starts.
"""

import re

_FOREIGN = re.compile(r"^[^A-Za-z0-9~^.-]+")
_NUMBER, _WORD = re.compile(r"[0-9]*"), re.compile(r"[A-Za-z]*")
_END = ""
_SIGNS = ("~", _END, "-", "^", ".")  # what has it is older than what has something else there


def compare(a: str, b: str) -> int:
    """Below 0 where `a` is the older one, 0 where none is."""
    while True:
        a, b = _FOREIGN.sub("", a), _FOREIGN.sub("", b)
        for sign in _SIGNS:
            if sign == _END:
                if not a or not b:
                    return bool(a) - bool(b)
                continue
            ours, others = a.startswith(sign), b.startswith(sign)
            if ours != others:
                return others - ours
            if ours:
                a, b = a[1:], b[1:]
        found, a, b = _compare_beginnings(a, b)
        if found:
            return found


def _compare_beginnings(a: str, b: str) -> tuple[int, str, str]:
    """Compare the numbers or the words that they begin with, and cut these off."""
    is_number = a[:1].isdigit() or b[:1].isdigit()
    first, second = (_beginning(text, _NUMBER if is_number else _WORD) for text in (a, b))
    rest = a[len(first) :], b[len(second) :]
    if is_number:
        first, second = first.lstrip("0"), second.lstrip("0")
        return _sign(len(first) - len(second)) or _order(first, second), *rest
    return _order(first, second), *rest


def _order(a: str, b: str) -> int:
    return (a > b) - (a < b)


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _beginning(text: str, kind: re.Pattern[str]) -> str:
    found = kind.match(text)
    return found[0] if found else ""
