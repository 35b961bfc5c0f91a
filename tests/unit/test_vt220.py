"""The terminal of the tests waits for what is on its way, and is no kinder than a real one."""

import os

import pyte
import pytest

from tests.vt220 import Vt220


def test_a_sequence_that_has_begun_is_waited_for() -> None:
    here, there = os.pipe()
    line = Vt220(here)
    os.write(there, b"\x1b[24;")
    line.hear(1)
    os.write(there, b"80H")
    assert line.beyond() == []
    os.write(there, b"\x1b")
    line.hear(1)
    assert line.beyond(within_s=0) == [b"\x1b"]
    os.close(here)
    os.close(there)


@pytest.mark.parametrize("end", sorted(pyte.Stream.csi))
@pytest.mark.parametrize("begun", ["\x1b[24;80;7", "\x1b[?7;25;1"])
def test_any_word_may_end_a_sequence_that_was_cut_off(begun: str, end: str) -> None:
    line = Vt220(0)
    line.scribble(f"{begun}\r\n{end}")
    line.scribble("\x1b[H\x1b[2Jlogin")
    assert "login" in line.text
