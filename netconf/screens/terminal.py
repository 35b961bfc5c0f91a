"""What stands on a text terminal: takes what Textual draws, gives the least that makes a terminal show it; pure.

All that is ever sent is ASCII and what a VT220, the Linux console and their successors have in common: moving the
cursor, erasing, and bold, underlined and reversed text. Nothing is asked of the terminal.
"""

import re

from rich.cells import cell_len

_PIECES = re.compile(
    r"(?P<text>[^\x00-\x1f\x7f-\x9f]+)|(?P<line>\n)|\x1b\[(?P<place>[\d;]*)H|\x1b\[(?P<style>[\d;]*)m"
    r"|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]P^_X][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b?[^\x1b]|\x1b"
)
_ON = ("1", "4", "7")  # bold, underlined, reversed
_OFF = {"22": "1", "24": "4", "27": "7"}
_COLOURS = re.compile(r"[34]8;(?:5;\d+|2;\d+;\d+;\d+)")  # whose numbers are no styles

_PLAIN = str.maketrans("“”„‘’–—…×→", '"""\'\'--.x>')  # cell for cell

Cell = tuple[str, str]  # a character, and the numbers of its styles
BLANK: Cell = (" ", "")

# ASCII instead of line drawing, nothing is inserted, the whole screen scrolls, no line wraps; no cursor, all is blank.
REDRAW = "\x0f\x1b(B\x1b[4l\x1b[r\x1b[?7l\x1b[?25l\x1b[m\x1b[H\x1b[J"
LEFT = "\x1b[m\x1b[H\x1b[J\x1b[?7h\x1b[?25h"
_HOME = "\x1b[H"
_ERASE = "\x1b[K"  # up to the margin


class Terminal:
    """`put` takes drawings, `updates` gives what is to be sent because of them: what differs from what was sent
    before."""

    def __init__(self, width: int, height: int) -> None:
        self.size = (width, height)
        self._wanted = self._blank()
        self._shown: list[list[Cell]] | None = None
        self._x = self._y = 0
        self._style = ""

    def put(self, output: str) -> None:
        for found in _PIECES.finditer(output):
            match found.lastgroup:
                case "text":
                    self._write(found["text"])
                case "line":
                    self._x, self._y = 0, self._y + 1
                case "place":
                    row, _, column = found["place"].partition(";")
                    self._x, self._y = int(column or 1) - 1, int(row or 1) - 1
                case "style":
                    self._style = _styled(self._style, found["style"])

    def forget(self) -> None:
        """Whatever stands there now: all is news."""
        self._shown = None

    def updates(self) -> str:
        """Leaves the cursor at the top, so that messages of the kernel do not scroll the screen."""
        begin = REDRAW if self._shown is None else ""
        rows = zip(self._wanted, self._shown or self._blank(), strict=True)
        said = begin + "".join(_row(y, row, shown) for y, (row, shown) in enumerate(rows) if row != shown)
        self._shown = [row.copy() for row in self._wanted]
        return said and said + _HOME

    def _blank(self) -> list[list[Cell]]:
        width, height = self.size
        return [[BLANK] * width for _ in range(height)]

    def _write(self, text: str) -> None:
        width, height = self.size
        plain = text if text.isascii() else "".join(map(_ascii, text.translate(_PLAIN)))
        if self._x < width and self._y < height:
            cells = [(char, self._style) for char in plain[: width - self._x]]
            self._wanted[self._y][self._x : self._x + len(cells)] = cells
        self._x += len(plain)


def _ascii(char: str) -> str:
    return char if char.isascii() else "?" * cell_len(char)


def _styled(style: str, numbers: str) -> str:
    """The styles after those of an SGR sequence have come; colours are none."""
    on = set(style.split(";")) - {""}
    for number in _COLOURS.sub("38", numbers).split(";"):
        if not number.strip("0"):
            on.clear()
        elif number in _ON:
            on.add(number)
        on.discard(_OFF.get(number, ""))
    return ";".join(sorted(on))


def _row(y: int, row: list[Cell], shown: list[Cell]) -> str:
    """From the first cell that differs to the last one."""
    differ = [x for x, (cell, before) in enumerate(zip(row, shown, strict=True)) if cell != before]
    first, end = differ[0], differ[-1] + 1
    text = next((x + 1 for x in reversed(range(len(row))) if row[x] != BLANK), 0)
    erase = _ERASE if end > text + len(_ERASE) else ""
    place = f"{y + 1};{first + 1}" if first else f"{y + 1}"
    return f"\x1b[{place}H{_escapes(row[first : max(first, text) if erase else end])}{erase}"


def _escapes(cells: list[Cell]) -> str:
    said, now = "", ""
    for char, style in (*cells, ("", "")):
        if style != now:
            said += f"\x1b[0;{style}m" if style else "\x1b[m"
            now = style
        said += char
    return said
