"""What a MAC pool's ranges hold, and how addresses are taken from it."""

import pytest

from hosted_engine.engine.macpools.model import MacPool, MacRange, addresses, good_ranges, overlapping, size
from hosted_engine.engine.macpools.pool import MacPoolEmpty, free_macs
from hosted_engine.engine.networks.macs import as_mac, as_number, good_mac
from hosted_engine.engine.networks.model import Nic
from hosted_engine.engine.problems import BadValue
from tests.fakes.engine import World

SMALL = (MacRange("02:00:00:00:00:fe", "02:00:00:00:01:01"), MacRange("06:00:00:00:00:00", "06:00:00:00:00:00"))


def test_addresses_are_counted_and_gone_through_from_any_place_on() -> None:
    assert size(SMALL) == 5
    all_of_them = list(addresses(SMALL, 0))
    assert all_of_them[0] == "02:00:00:00:00:fe"
    assert all_of_them[3:] == ["02:00:00:00:01:01", "06:00:00:00:00:00"]
    for start in range(5):
        assert list(addresses(SMALL, start)) == all_of_them[start:] + all_of_them[:start]


def test_a_number_is_an_address_and_back() -> None:
    for mac in ("00:00:00:00:00:01", "fe:ff:ff:ff:ff:ff"):
        assert as_mac(as_number(mac)) == mac == good_mac(mac.upper().replace(":", "-"))


@pytest.mark.parametrize(
    ("ranges", "message"),
    [
        ((), "a MAC pool has to have a range"),
        ((MacRange("02:00:00:00:00:00"),), r"x\.to.*six pairs"),
        ((MacRange("nonsense", "02:00:00:00:00:00"),), r"'nonsense' as x\.from.*six pairs"),
        ((MacRange("01:00:00:00:00:00", "01:00:00:00:00:01"),), "multicast"),
        ((MacRange("02:00:00:00:00:00", "04:00:00:00:00:00"),), "multicast addresses lie in it"),
        ((MacRange("02:00:00:00:00:01", "02:00:00:00:00:00"),), "ends before it begins"),
        ((*SMALL, MacRange("02:00:00:00:01:01", "02:00:00:00:02:00")), "02:00:00:00:00:fe.* overlaps with .*02:00"),
    ],
)
def test_what_can_be_no_range_says_why(ranges: tuple[MacRange, ...], message: str) -> None:
    with pytest.raises(BadValue) as caught:
        good_ranges(ranges, "x")
    caught.match(message)


def test_ranges_come_into_normal_form_and_touch_without_overlapping() -> None:
    some = good_ranges((MacRange("02-00-00-00-00-AA", "02:00:00:00:00:AF"),), "x")
    assert some == (MacRange("02:00:00:00:00:aa", "02:00:00:00:00:af"),)
    assert overlapping(some, [MacRange("02:00:00:00:00:b0", "02:00:00:00:00:ff")]) is None
    assert overlapping(some, [MacRange("02:00:00:00:00:af", "02:00:00:00:00:ff")]) == some[0]


def test_every_address_is_taken_once_and_an_empty_pool_says_so() -> None:
    world, pool = World(), MacPool(id="p", name="small", ranges=(MacRange("02:00:00:00:00:00", "02:00:00:00:01:2b"),))
    with world.store.transaction() as tx:
        for number in range(300):
            (mac,) = free_macs(tx, pool, 1)
            tx.nics.add(Nic(id=str(number), owner_id="x", name=f"nic{number}", mac=mac))
        assert {nic.mac for nic in tx.nics.list(owner_id="x")} == set(addresses(pool.ranges, 0))
        with pytest.raises(MacPoolEmpty, match="MAC pool small: all of its 300 addresses"):
            free_macs(tx, pool, 1)
        freed = tx.nics.list(owner_id="x")[150]
        tx.nics.remove(freed.id)
        assert free_macs(tx, pool, 1) == (freed.mac,)
        with pytest.raises(MacPoolEmpty):
            free_macs(tx, pool, 2)


def test_a_huge_pool_is_asked_for_a_part_only() -> None:
    world, pool = World(), MacPool(id="p", name="huge", ranges=(MacRange("02:00:00:00:00:00", "02:ff:ff:ff:ff:ff"),))
    with world.store.transaction() as tx:
        assert len(set(free_macs(tx, pool, 250))) == 250
