"""The interfaces of a host as a table that follows what happens."""

from textual.widgets import DataTable

from netconf.screens.rows import COLUMNS, Observed, rows


class InterfaceTable(DataTable[str]):
    """`show` brings it up to date in place; the row at hand stays at hand."""

    DEFAULT_CSS = """
    InterfaceTable { background: ansi_default; height: 1fr; scrollbar-size: 0 1; }
    InterfaceTable > .datatable--header { background: ansi_default; color: ansi_default; text-style: bold underline; }
    InterfaceTable > .datatable--cursor { background: ansi_default; color: ansi_default; text-style: none; }
    InterfaceTable:focus > .datatable--cursor {
        background: ansi_default; color: ansi_default; text-style: reverse;
    }
    """

    def __init__(self, observed: Observed | None = None, *, id: str | None = None) -> None:
        super().__init__(cursor_type="row", zebra_stripes=False, id=id)
        self._shown: dict[str, tuple[str, ...]] = {}
        self._given = observed

    def on_mount(self) -> None:
        for name, width in COLUMNS:
            self.add_column(name, key=name, width=width or None)
        if self._given is not None:
            self.show(self._given)

    def show(self, observed: Observed) -> None:
        """Once it is mounted."""
        wanted = {row[0]: row for row in rows(observed)}
        if wanted == self._shown:
            return
        heights = {name: row[-1].count("\n") for name, row in wanted.items()}
        if list(wanted) == list(self._shown) and heights == {n: r[-1].count("\n") for n, r in self._shown.items()}:
            for name, row in wanted.items():
                self._change(name, row)
        else:
            self._fill(wanted)
        self._shown = wanted

    def _change(self, name: str, row: tuple[str, ...]) -> None:
        for (column, _), now, before in zip(COLUMNS, row, self._shown[name], strict=True):
            if now != before:
                self.update_cell(name, column, now, update_width=True)

    def _fill(self, wanted: dict[str, tuple[str, ...]]) -> None:
        names = list(self._shown)
        at_hand = names[self.cursor_row] if 0 <= self.cursor_row < len(names) else None
        self.clear()
        for name, row in wanted.items():
            self.add_row(*row, key=name, height=row[-1].count("\n") + 1)
        if at_hand in wanted:
            self.move_cursor(row=list(wanted).index(at_hand))
