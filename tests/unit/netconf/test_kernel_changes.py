"""What a change has become is one name on the disk: whoever asks first decides."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from stat import S_IMODE

import pytest

from netconf.kernel.changes import Changes, Record, State
from netconf.kernel.state import Hop, KernelAddress, KernelRoute, KernelState, Link, RoutingRule
from netconf.model import Route, Rule
from netconf.uptime import boot_id, uptime_s

STATE = KernelState(
    (Link("eth0", data={"a": 1, "b": ("c", "d"), "e": "f"}, vlans={1: 6}),),
    (
        KernelAddress("eth0", "192.0.2.1", 24, valid_s=30, preferred_s=20, lent=True),
        KernelAddress("eth0", "192.0.2.2", 24),
    ),
    rules=(RoutingRule(4, {"FRA_PRIORITY": 7}, Rule(4)),),
    resolver="nameserver 192.0.2.53\n",
)
RECORD = Record(STATE, KernelState(), 100.5, "boot", None, "/etc/resolv.conf")


@pytest.fixture
def changes(tmp_path: Path) -> Changes:
    return Changes(tmp_path / "changes")


def test_what_was_written_is_read_by_another_process(changes: Changes, tmp_path: Path) -> None:
    change = changes.begin(RECORD, 123.25)
    other = Changes(tmp_path / "changes")
    assert other.record(change) == RECORD
    assert other.state(change) == (State.WAITING, 123.25)
    assert other.unfinished() == (change,)


def test_the_keys_of_a_record_are_those_of_earlier_releases(changes: Changes, tmp_path: Path) -> None:
    changes.begin(RECORD, 123.25)
    written = json.loads(next((tmp_path / "changes").glob("*.waiting")).read_text())
    assert set(written) == {"before", "wished", "taken_s", "boot", "namespace", "resolver", "by"}
    assert {state.value for state in State} == {"waiting", "kept", "back", "gone"}


def test_nobody_else_may_read_it(changes: Changes, tmp_path: Path) -> None:
    changes.begin(RECORD, 1)
    assert S_IMODE((tmp_path / "changes").stat().st_mode) == 0o700
    assert {S_IMODE(path.stat().st_mode) for path in (tmp_path / "changes").iterdir()} == {0o600}


def test_kept_it_cannot_go_back(changes: Changes) -> None:
    change = changes.begin(RECORD, 1)
    assert [changes.end(change, how) for how in (State.CONFIRMED, State.ROLLING_BACK, State.CONFIRMED)] == [
        State.CONFIRMED
    ] * 3
    assert changes.unfinished() == ()


def test_gone_back_it_cannot_be_kept(changes: Changes) -> None:
    change = changes.begin(RECORD, 1)
    assert [changes.end(change, how) for how in (State.ROLLING_BACK, State.CONFIRMED)] == [State.ROLLING_BACK] * 2
    assert changes.unfinished() == (change,)
    changes.mark_rolled_back(change)
    assert changes.end(change, State.CONFIRMED) is State.ROLLED_BACK
    assert changes.unfinished() == ()


def test_one_of_many_who_ask_at_once_wins(changes: Changes) -> None:
    with ThreadPoolExecutor(8) as pool:
        for _ in range(25):
            change = changes.begin(RECORD, 1)
            asked = [pool.submit(changes.end, change, how) for how in (State.CONFIRMED, State.ROLLING_BACK) * 4]
            assert len({ask.result() for ask in asked}) == 1
            changes.end(change, State.ROLLING_BACK)
            if changes.state(change)[0] is State.ROLLING_BACK:
                changes.mark_rolled_back(change)


def test_a_change_that_nobody_knows(changes: Changes) -> None:
    with pytest.raises(LookupError):
        changes.end("no-such-change", State.CONFIRMED)


def test_a_turn_is_for_one_and_tells_when_it_is_over(changes: Changes) -> None:
    change = changes.begin(RECORD, 1)
    with changes.turn(change, State.WAITING) as mine:
        assert mine
    changes.end(change, State.ROLLING_BACK)
    with changes.turn(change, State.WAITING) as mine:
        assert not mine


def test_one_process_makes_a_change_at_a_time(changes: Changes, tmp_path: Path) -> None:
    with changes.making() as alone, Changes(tmp_path / "changes").making() as other:
        assert (alone, other) == (True, False)
    with changes.making() as alone:
        assert alone


def test_what_is_over_is_forgotten_in_time(changes: Changes, tmp_path: Path) -> None:
    waiting = changes.begin(RECORD, 1)
    for _ in range(30):
        changes.end(changes.begin(RECORD, 1), State.CONFIRMED)
    assert len(list((tmp_path / "changes").iterdir())) < 25
    assert changes.unfinished() == (waiting,)


def test_what_was_lent_runs_out() -> None:
    later = STATE.aged(12.5)
    assert (later.addresses[0].valid_s, later.addresses[0].preferred_s) == (18, 8)
    assert later.addresses == STATE.addresses
    assert [a.ip for a in STATE.aged(31).addresses] == ["192.0.2.2"]


def test_the_boot_has_a_name_and_its_clock_goes_on() -> None:
    assert boot_id()
    assert uptime_s() <= uptime_s()


def test_routes_travel_with_what_is_said_of_them(changes: Changes) -> None:
    way = KernelRoute(4, "", 0, 254, 7, 4, 0, 1, hops=(Hop("192.0.2.1", "eth0", 1, False),), options={"RTAX_MTU": 1400})
    shown = KernelRoute(6, "2001:db8::", 32, 254, 7, 4, 0, 1, link="eth0", shown=Route("2001:db8::/32", "", "eth0"))
    record = Record(KernelState(routes=(way, shown)), KernelState(), 1, "boot", "name", "file")
    found = changes.record(changes.begin(record, 1))
    assert found == record
    assert found.before.routes[1].shown == shown.shown
