"""`trivet net edit` by an operator at a serial line: a UART, a getty, the real NetworkManager and kernel in a guest.

Asked for by its path, not collected with the others: it takes a core for many minutes.
"""

import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.netconf.serial_guest import SerialGuest, serial_guest
from tests.vt220 import Vt220

pytestmark = pytest.mark.timeout(900)

_WITHIN_S, _LONG_S = 60, 300  # everything takes its time in the guest
_BEFORE = {"eth0": ["10.0.2.15/24"]}
_AFTER = {"ovirtmgmt": ["10.0.2.20/24"]}
_RESET = "; ".join(
    (
        "nmcli connection delete $(nmcli -g UUID,TYPE connection show | sed -n '/loopback/!s/:.*//p')",
        "nmcli connection add type ethernet ifname eth0 con-name eth0 ipv6.method disabled"
        " ipv4.method manual ipv4.addresses 10.0.2.15/24 ipv4.gateway 10.0.2.2",
        "nmcli connection up eth0",
    )
)
_TAB, _ENTER, _ESC, _DOWN, _END, _BACKSPACE, _CTRL_L = "\t", "\r", "\x1b", "\x1b[B", "\x1b[4~", "\x7f", "\x0c"


@pytest.fixture(scope="module")
def started() -> Iterator[SerialGuest]:
    work = Path(tempfile.mkdtemp(prefix="trivet-serial-", dir="/var/tmp"))  # a socket's path is short
    try:
        with serial_guest(work) as guest:
            yield guest
    finally:
        shutil.rmtree(work)


@pytest.fixture
def guest(started: SerialGuest) -> SerialGuest:
    """The management network is on eth0, and nobody is logged in."""
    started.hang_up()
    started("trivet net rollback")  # what a test that broke off has left
    started(_RESET)
    assert _addresses(started) == _BEFORE
    return started


def _addresses(guest: SerialGuest) -> dict[str, list[str]]:
    links = json.loads(guest("ip -j -4 address"))
    held = {link["ifname"]: [f"{a['local']}/{a['prefixlen']}" for a in link["addr_info"]] for link in links}
    return {name: addresses for name, addresses in held.items() if addresses and name != "lo"}


def _comes_back(guest: SerialGuest) -> bool:
    """By itself, when the time is over and NetworkManager has done it."""
    last = time.monotonic() + 4 * _WITHIN_S
    while (now := _addresses(guest)) != _BEFORE and time.monotonic() < last:
        time.sleep(1)
    return now == _BEFORE


def _log_in(line: Vt220) -> None:
    """The prompt may have come before the terminal was plugged in."""
    for _ in range(60):
        if "~#" in line.text:
            return
        line.type(_ENTER)
        line.hear(2)
    raise AssertionError(line.text)


def _edit(line: Vt220, *, term: str = "vt220", within_s: int = _LONG_S) -> str:
    """The first screen, as soon as it shows the network."""
    _log_in(line)
    line.type(f"TERM={term} trivet net edit --within {within_s}{_ENTER}")
    return line.until("10.0.2.15/24", within_s=180)


def _retyped(before: str, text: str) -> str:
    return _END + _BACKSPACE * len(before) + text


def _lay_out(line: Vt220, *, gateway: str = "10.0.2.2") -> None:
    """10.0.2.20 on a bridge over eth0, up to the plan."""
    line.type("e")
    line.until("> [x] eth0")
    line.type(_TAB * 5, " ")
    line.until("[x] ovirtmgmt")
    line.type(_DOWN * 2, _retyped("15/24", "20/24"))
    line.type(_DOWN, _retyped("10.0.2.2", gateway))
    line.until(f"[{gateway} ")
    line.type(_ENTER)
    line.until("Enter: change it")


def _change(line: Vt220, *, gateway: str = "10.0.2.2") -> None:
    _lay_out(line, gateway=gateway)
    line.type(_ENTER)
    line.until("It goes back by itself in")


def test_look_lay_out_see_the_plan_change_and_keep(guest: SerialGuest) -> None:
    with guest.operator() as line:
        _edit(line)
        line.until(*(f"eth{nic}             up       NIC 52:54:00:00:01:0{nic}" for nic in range(4)))
        _lay_out(line)
        assert "1. Make the bridge ovirtmgmt over eth0 with 10.0.2.20/24" in line.text
        assert _addresses(guest) == _BEFORE
        line.type(_ENTER)
        line.until("It goes back by itself in")
        line.until("The gateway answers: YES")
        assert _addresses(guest) == _AFTER
        line.type(_ENTER)
        line.until("The change is kept")
        line.type(_ENTER)
        line.until("bridge of eth0 52:54:00:00:01:00", "10.0.2.20/24 static")
        line.type("q")
        line.until("~#")
        assert line.beyond() == []
    assert guest("cat /etc/NetworkManager/system-connections/*").count("interface-name=ovirtmgmt") == 1
    assert "default via 10.0.2.2 dev ovirtmgmt" in guest("ip route")


def test_esc_takes_it_back_and_k_keeps_what_is_not_proven(guest: SerialGuest) -> None:
    with guest.operator() as line:
        _edit(line)
        _change(line)
        assert _addresses(guest) == _AFTER
        line.type(_ESC)
        line.until("the earlier configuration is back")
        assert _addresses(guest) == _BEFORE
        line.type(_ENTER)
        line.until("E: edit")
        _change(line, gateway="10.0.2.99")
        line.until("The gateway answers: NO")
        line.type(_ENTER)
        line.until("K keeps it all the same")
        assert line.beyond() == []
        line.type("k")
        line.until("The change is kept")
    assert "default via 10.0.2.99 dev ovirtmgmt" in guest("ip route")


def test_the_line_is_cut_and_plugged_in_again(guest: SerialGuest) -> None:
    """Three wires tell nobody: the process goes on, and the time runs out."""
    with guest.operator() as line:
        _edit(line, within_s=_WITHIN_S)
        _change(line)
        assert _addresses(guest) == _AFTER
    assert _comes_back(guest)
    with guest.operator() as line:
        line.type(_CTRL_L)
        line.until("The time was over: the earlier configuration is back")
        line.until("Enter, Esc: go on")
        assert line.beyond() == []


def test_the_line_is_hung_up(guest: SerialGuest) -> None:
    """The process goes with the line; who logs in again finds the change and sees it go back by itself."""
    with guest.operator() as line:
        _edit(line, within_s=_WITHIN_S)
        _change(line)
        guest.hang_up()
        line.until("~#")
        assert guest("timeout 60 sh -c 'while pgrep -f [t]rivet.net.edit; do sleep 1; done'; echo $?").endswith("0\n")
        line.type(f"trivet net edit{_ENTER}")
        line.until("It goes back by itself in", within_s=180)
        line.until("The time was over: the earlier configuration is back", within_s=180)
    assert _comes_back(guest)


def test_noise_and_a_terminal_that_knows_no_size(guest: SerialGuest) -> None:
    with guest.operator() as line:
        _log_in(line)
        line.type(f"stty rows 0 columns 0{_ENTER}")
        before = _edit(line, term="linux")
        assert before.splitlines()[23].startswith(" E: edit the management network")
        line.send(b"\xff\x9b\xc3")
        guest.break_signal()
        line.type(_CTRL_L)  # drawn anew; what is typed right after noise may be lost with it
        line.hear(2)
        line.type("e")
        line.until("> [x] eth0")
        line.type(_ESC)
        line.until("E: edit")
        line.type("q")
        line.until("~#")
        assert line.beyond() == []
