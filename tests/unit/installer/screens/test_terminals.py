"""The installer on terminals of the kernel's: what old ones understand, a shell, a terminal too small, none at all."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from installer.cli import main
from tests.terminal_process import TerminalProcess

_DEMO = "tests.unit.installer.screens.demo"
Begin = Callable[..., TerminalProcess]


@pytest.fixture
def begin() -> Iterator[Begin]:
    begun: list[TerminalProcess] = []

    def begin(*arguments: str, term: str = "vt220", size: tuple[int, int] | None = None) -> TerminalProcess:
        begun.append(TerminalProcess(term, _DEMO, *arguments, size=size))
        return begun[-1]

    yield begin
    for one in begun:
        one.remove()


@pytest.mark.parametrize("term", ["vt100", "vt220", "linux", "dumb"])
def test_the_whole_way_over_a_line(begin: Begin, term: str) -> None:
    line = begin(term=term)
    line.until("Enter: begin")
    line.type("\r")
    line.until("1 of 5: Disks")
    line.type("\x1b[11~" if term != "linux" else "\x1b[[A")
    line.until("Help")
    line.type("\r")
    line.until("1 of 5: Disks")
    line.type("\r")
    line.until("2 of 5: Network", "> [x] eno1")
    line.type("\r")
    line.until("The network works")
    line.type("\r")
    line.until("3 of 5")
    line.type("node1\thunter22\thunter22\r")
    line.until("4 of 5")
    line.type("\r")
    line.until("5 of 5")
    line.type("\r")
    line.until("All is done")
    line.type("\r")
    line.until("lusab-babad-gutih-tugad")
    line.type("\r")
    assert line.ended() == 0
    assert line.beyond() == []
    assert line.text.strip() == ""
    assert b"Traceback" not in line.received


def test_a_shell_and_back(begin: Begin) -> None:
    line = begin()
    line.until("Enter: begin")
    line.type("\x14")
    line.until("in the shell")
    line.type("words\n")
    line.until("Enter: begin")
    assert b"heard words" in line.received
    line.type("\r")
    line.until("1 of 5: Disks")


def test_leaving_is_asked_about(begin: Begin) -> None:
    line = begin()
    line.until("Enter: begin")
    line.type("\x03")
    line.until("Leave the installer?")
    line.type("\x1b")
    line.until("Enter: begin")
    line.type("\x03")
    line.until("Leave the installer?")
    line.type("l")
    assert line.ended() == 0


@pytest.mark.parametrize("size", [(5, 20), (20, 5), (79, 24), (1, 1)])
def test_a_terminal_that_is_too_small_says_so_and_can_be_left(begin: Begin, size: tuple[int, int]) -> None:
    line = begin(size=size)
    if size[0] > 1:
        line.until("This")
    line.type("\r\r\x03")
    line.type("l")
    line.type("\x11")
    line.process.terminate()
    line.ended()
    assert b"Traceback" not in line.received


def test_two_consoles_of_which_one_answers_and_the_other_takes_over(
    begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONSOLES", str(tmp_path / "consoles"))
    one, other = begin("tty1"), begin("ttyS0")
    one.until("Enter: begin")
    other.until("Enter: begin")
    one.type("\r")
    one.until("1 of 5: Disks")
    other.until("on tty1", 'at the page "1 of 5: Disks"')
    one.type("\r")
    one.until("2 of 5: Network", "> [x] eno1")
    one.type("\t\t\t42")
    one.until("[42 ")
    other.until("2 of 5")
    other.type("t")
    other.until("1 of 5: Disks", "[system] sda")
    one.until("on ttyS0")
    other.type("\r")
    other.until("[42 ")
    other.process.kill()
    one.until("Enter: begin")
    one.type("\r")
    one.until("1 of 5: Disks")


def test_without_a_terminal_a_sentence_says_what_there_is_instead() -> None:
    for arguments in (["install"], ["install", "attended"]):
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 2
        assert "This needs a terminal. Without one there is `trivet install run ANSWERS`." in result.output
