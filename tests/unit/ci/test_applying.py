"""What a slow guest's times say of this machine."""

import pytest

from ci.applying import Row, pairs, table

_RAW = Row("pyroute2", guest=(3.0, 0.4), both=(1.5, 0.3), here=(0.05, 0.07))
_OURS = Row("NetworkManager", guest=(10.0, 5.0), both=(5.0, 2.5), here=(0.5, 0.25))


def test_a_time_here_is_estimated_by_what_both_machines_can() -> None:
    assert _OURS.slower == pytest.approx(10.0)
    assert [(pair.name, pair.measured, pair.aim) for pair in pairs((_RAW, _OURS))] == [
        ("network change, NetworkManager: guest", 10.0, 5.0),
        ("network change, NetworkManager: here, about", 1.0, 5.0),
    ]


def test_the_table_has_a_line_for_each_means_and_ratios_to_the_raw_work() -> None:
    *_, raw, ours = table((_RAW, _OURS))
    assert raw.split() == ["pyroute2", "3.00", "1.00", "0.40", "1.50", "0.05", "0.07", "30.00", "0.10"]
    assert ours.split() == ["NetworkManager", "10.00", "3.33", "5.00", "5.00", "0.50", "0.25", "10.00", "1.00"]
