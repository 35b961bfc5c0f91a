"""A link that comes and goes all the time is told of once, and how it is when it rests."""

from itertools import cycle

from netconf.watch.events import EventKind, NetworkEvent
from netconf.watch.flapping import MANY, WITHIN_S, Damper

UP, DOWN = NetworkEvent(EventKind.UP, "eth0", "up"), NetworkEvent(EventKind.DOWN, "eth0", "down")


def test_who_comes_and_goes_is_said_so_once() -> None:
    damper = Damper()
    told = [
        event.kind for now, one in zip(range(60), cycle((DOWN, UP)), strict=False) for event in damper.damp((one,), now)
    ]
    assert told[:MANY] == [EventKind.DOWN, EventKind.UP] * (MANY // 2)
    assert told[MANY:] == [EventKind.FLAPPING]
    assert damper.rested(59 + WITHIN_S / 2) == ()
    assert damper.rested(60 + WITHIN_S) == ("eth0",)
    assert damper.rested(61 + WITHIN_S) == ()
    assert damper.damp((UP,), 62 + WITHIN_S) == (UP,)


def test_what_happens_now_and_then_is_told_each_time() -> None:
    damper = Damper()
    events = [event for number in range(20) for event in damper.damp((UP,), number * WITHIN_S)]
    assert events == [UP] * 20


def test_others_are_told_of_meanwhile() -> None:
    damper = Damper()
    for now in range(20):
        damper.damp((UP,), now)
    other = NetworkEvent(EventKind.UP, "eth1", "up")
    address = NetworkEvent(EventKind.ADDRESS_ADDED, "eth0", "has")
    assert damper.damp((UP, other, address), 20) == (other, address)
