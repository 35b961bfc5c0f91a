"""The widgets alone, as installer and console will use them."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from textual.app import ComposeResult
from textual.widget import Widget

from netconf.model import Interface, IpConfig, LinkState, NetworkState
from netconf.screens.interface_table import InterfaceTable
from netconf.screens.layout import Ip, Layout
from netconf.screens.management_form import LayoutForm, ManagementForm
from netconf.screens.observed import layout_of
from netconf.screens.plain import PlainApp
from netconf.screens.plan_view import PlanView
from netconf.screens.rows import Observed
from tests.unit.netconf.screens.console import SIZE, press, text, until
from tests.unit.netconf.states import AFTER, BEFORE

_TWO = NetworkState((Interface("eth0", carrier=True), Interface("eth1", carrier=True)), dns=None)


class _One(PlainApp[None]):
    """One widget, and the layouts that a form posted."""

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self._widget = widget
        self.filled: list[Layout] = []

    def compose(self) -> ComposeResult:
        yield self._widget

    def on_layout_form_filled(self, event: LayoutForm.Filled) -> None:
        self.filled.append(event.layout)


async def test_several_nics_make_a_bond_and_a_single_one_does_not() -> None:
    form = ManagementForm(layout_of(_TWO), _TWO)
    async with (app := _One(form)).run_test(size=SIZE) as pilot:
        assert "Bond" not in await until(pilot, "[x] eth0")
        await press(pilot, "tab", "space")
        await until(pilot, "< active-backup >")
        await press(pilot, "tab", "right", "right", "right")
        await press(pilot, "enter")
        await until(pilot, "< 802.3ad >")
        assert [(layout.nics, layout.bond) for layout in app.filled] == [(("eth0", "eth1"), "802.3ad")]
        await press(pilot, "up", "space")
        assert "Bond" not in text(app)
        assert form.current_layout.bond == "none"


async def test_what_is_typed_is_a_layout() -> None:
    form = ManagementForm(layout_of(BEFORE), BEFORE)
    async with (app := _One(form)).run_test(size=SIZE) as pilot:
        await until(pilot, "[x] host0")
        await press(pilot, "tab", "42", "tab", "tab", "left", "enter")
        assert app.filled == [_layout(BEFORE, vlan="42", ipv4=Ip.DHCP)]
        assert "Address/prefix" not in text(app)


def _layout(state: NetworkState, **changes: object) -> Layout:
    return replace(layout_of(state), **changes)  # type: ignore[arg-type]


async def test_a_long_plan_scrolls() -> None:
    view = PlanView([f"Make the VLAN eth0.{number}" for number in range(1, 60)])
    async with _One(view).run_test(size=SIZE) as pilot:
        assert "eth0.59" not in await until(pilot, " 1. Make the VLAN eth0.1")
        await press(pilot, "tab", "end")
        await until(pilot, "59. Make the VLAN eth0.59")


async def test_the_row_at_hand_stays_at_hand() -> None:
    table = InterfaceTable(Observed(BEFORE))
    async with _One(table).run_test(size=SIZE) as pilot:
        await until(pilot, "host0")
        table.show(Observed(AFTER))
        await until(pilot, "bridge of host0")
        assert table.cursor_row == 1
        table.show(Observed(_state("down", AFTER.interfaces)))
        assert "down" in await until(pilot, "DHCP: no answer yet")


def _state(name: str, others: Sequence[Interface]) -> NetworkState:
    return NetworkState((Interface(name, state=LinkState.DOWN, ipv4=IpConfig(True, dhcp=True)), *others))


class _Broken(PlainApp[None]):
    def on_mount(self) -> None:
        password = "hunter2 of root"  # noqa: F841
        raise ZeroDivisionError("of all things")


async def test_an_app_that_breaks_shows_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError):
        async with _Broken().run_test(size=SIZE):
            pass
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1] == "ZeroDivisionError: of all things"
    assert all("password = " in line for line in lines if "hunter2" in line)  # the line of the source alone
