import os

from ci.measured import lab_times, memory_mib


def test_a_time_is_shown_beside_its_aim_with_the_ratio() -> None:
    (pair,) = lab_times("lab", {"cached": {"all": 90.0, "deploy": 60.0}})
    assert pair.line().split() == ["lab:", "lab", "up,", "cached", "90.0", "180.0", "s", "0.50"]


def test_the_memory_of_a_process_is_counted_and_a_dead_one_takes_none() -> None:
    assert 1 < memory_mib({os.getpid()}) < 4096
    assert memory_mib({2**22 + 1}) == 0
