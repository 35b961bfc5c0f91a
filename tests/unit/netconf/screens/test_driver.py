"""A screen at a terminal of the kernel's, seen from the other end of the line."""

from collections.abc import Callable, Iterator

import pytest

from tests.terminal_process import TerminalProcess


@pytest.fixture
def echo() -> Iterator[Callable[[str], TerminalProcess]]:
    begun: list[TerminalProcess] = []

    def begin(term: str) -> TerminalProcess:
        begun.append(TerminalProcess(term, "tests.unit.netconf.screens.echo"))
        return begun[-1]

    yield begin
    for one in begun:
        one.remove()


@pytest.mark.parametrize("term", ["vt220", "linux", "unheard-of"])
def test_nothing_is_sent_that_an_old_terminal_does_not_know(echo: Callable[[str], TerminalProcess], term: str) -> None:
    line = echo(term)
    line.until("Nothing yet")
    line.type("\x1b[11~")
    line.until("Heard f1")
    line.type("\x11")
    assert line.ended() == 0
    assert line.beyond() == []
    assert line.text.strip() == ""  # for the shell


def test_a_window_gets_its_second_screen(echo: Callable[[str], TerminalProcess]) -> None:
    line = echo("xterm")
    line.until("Nothing yet")
    line.type("\x11")
    assert line.ended() == 0
    assert line.received.startswith(b"\x1b[?1049h")
    assert b"\x1b[?1049l" in line.received


def test_a_line_that_knows_no_size_has_24_rows(echo: Callable[[str], TerminalProcess]) -> None:
    assert echo("vt220").until("Ctrl-Q: leave").splitlines()[23] == " Ctrl-Q: leave"


def test_noise_takes_no_key_with_it(echo: Callable[[str], TerminalProcess]) -> None:
    line = echo("vt220")
    line.until("Nothing yet")
    line.send(b"\xff\xfe\x00\x9b\xc3\x1b[11~\xc3")
    line.until("Heard f1")
    line.type("\x1b[12~")
    line.until("Heard f2")


def test_keys_that_come_together_are_dealt_with_one_after_the_other(echo: Callable[[str], TerminalProcess]) -> None:
    line = echo("vt220")
    line.until("Nothing yet")
    line.type("abc\x7f\x7f192.0.2.11/24\x1b[1~\x1b[3~\x1b[4~\x7f5")
    line.until("[192.0.2.11/25 ")


def test_what_others_wrote_on_the_screen_is_gone_by_ctrl_l(echo: Callable[[str], TerminalProcess]) -> None:
    line = echo("vt220")
    before = line.until("Ctrl-Q: leave")
    line.scribble("\x1b[12;1H[ 12.345678] a message of the kernel\x1b[24;1H\n\n")
    assert line.text != before
    assert line.costs("\x0c") > 0
    assert line.text == before
