"""What is sent makes a terminal show what was drawn, in few bytes; an emulator tells whether it does."""

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netconf.screens.terminal import REDRAW, Terminal
from tests.vt220 import beyond

_SIZE = (12, 4)
_styles = st.sampled_from(("\x1b[0m", "\x1b[m", "\x1b[1m", "\x1b[7;39;49m", "\x1b[1;4m", "\x1b[22;27m", "\x1b[24m"))
_segments = st.lists(st.tuples(_styles, st.text(st.sampled_from("ab [>"), max_size=5) | st.just(" " * 12)), max_size=4)


def _line(y: int, x: int, segments: list[tuple[str, str]]) -> str:
    """Within the margins, as Textual draws."""
    output = f"\x1b[{y};{x}H"
    for style, text in segments:
        output += style + text[: max(0, _SIZE[0] + 1 - x)]
        x += len(text)
    return output + "\x1b[0m\r\n" * (y < _SIZE[1])


_lines = st.builds(_line, st.integers(1, _SIZE[1]), st.integers(1, _SIZE[0]), _segments)
_drawings = st.lists(st.lists(_lines, max_size=4).map("".join), max_size=6)


class _Shown:
    """An emulated terminal, and the cells of it that are not plain blanks."""

    def __init__(self) -> None:
        self.screen = pyte.Screen(*_SIZE)
        self._stream = pyte.Stream(self.screen)

    def feed(self, data: str) -> None:
        self._stream.feed(data)

    @property
    def cells(self) -> dict[tuple[int, int], tuple[object, ...]]:
        found: dict[tuple[int, int], tuple[object, ...]] = {}
        for y in range(_SIZE[1]):
            for x in range(_SIZE[0]):
                char = self.screen.buffer[y][x]
                found[x, y] = (char.data, char.bold, char.underscore, char.reverse)
        return found


@given(_drawings)
def test_a_terminal_shows_what_was_drawn(drawings: list[str]) -> None:
    terminal, drawn, observed = Terminal(*_SIZE), _Shown(), _Shown()
    for output in drawings:
        terminal.put(output)
        drawn.feed(output)
        observed.feed(terminal.updates())
        assert observed.cells == drawn.cells


@given(_drawings)
def test_nothing_is_sent_twice_and_nothing_that_old_terminals_do_not_know(drawings: list[str]) -> None:
    terminal = Terminal(*_SIZE)
    for output in drawings:
        terminal.put(output)
        assert beyond(terminal.updates().encode()) == []
        assert terminal.updates() == ""


def _after(*drawings: str) -> str:
    """What the last of the drawings is news of."""
    terminal = Terminal(80, 24)
    for output in drawings:
        updates = terminal.updates()
        terminal.put(output)
        updates = terminal.updates()
    return updates


def test_only_what_differs_is_sent() -> None:
    assert _after("\x1b[3;5Hback in 50 s", "\x1b[3;5Hback in 49 s") == "\x1b[3;13H49\x1b[H"


def test_a_line_that_becomes_blank_is_erased() -> None:
    assert _after("\x1b[3;5Hwords, words", "\x1b[3;1H" + " " * 80) == "\x1b[3;5H\x1b[K\x1b[H"


def test_a_terminal_of_which_nothing_is_known_is_drawn_anew() -> None:
    terminal = Terminal(80, 24)
    terminal.put("\x1b[2;1Hwords")
    whole = terminal.updates()
    terminal.forget()
    assert terminal.updates() == whole == f"{REDRAW}\x1b[2Hwords\x1b[H"


@pytest.mark.parametrize(
    "output",
    [
        *("\x1b[?1049h", "\x1b[?25l", "\x1b[?1004h", "\x1b[?2004h", "\x1b[>25u", "\x1b[<u", "\x1b[?2026$p"),
        *("\x1b]22;default\x07", "\x1b]8;id=7;http://192.0.2.1\x1b\\", "\x1bP+q544e\x1b\\", "\x1b[6n", "\x07", "\x1b"),
    ],
)
def test_what_only_younger_terminals_know_is_left_out(output: str) -> None:
    assert _after("a", output) == ""


def test_what_is_not_ascii_has_a_sign_that_is_or_a_question_mark_for_each_cell() -> None:
    assert _after("", "\x1b[1;1H“1 × 2” … – é 例") == '\x1b[1H"1 x 2" . - ? ??\x1b[H'


@pytest.mark.parametrize("colours", ["39;49", "38;5;7", "48;2;1;4;7", "104", "31"])
def test_colours_are_left_out_and_are_no_styles(colours: str) -> None:
    assert _after("", f"\x1b[{colours}mwords") == "\x1b[1Hwords\x1b[H"
    assert _after("", f"\x1b[7;{colours}mwords\x1b[0m") == "\x1b[1H\x1b[0;7mwords\x1b[m\x1b[H"


def test_what_is_no_ascii_keeps_its_width() -> None:
    assert _after("", "\x1b[1;1Hgrün \u7f51|") == "\x1b[1Hgr?n ??|\x1b[H"


def test_what_lies_beyond_the_margins_is_left_out() -> None:
    assert _after("", "\x1b[24;79Hwords\n\x1b[25;1Hmore") == "\x1b[24;79Hwo\x1b[H"
