from ci.pairs import lab_times


def test_a_time_is_shown_beside_its_aim_with_the_ratio() -> None:
    (pair,) = lab_times("lab", {"cached": {"all": 90.0, "deploy": 60.0}})
    assert pair.line().split() == ["lab:", "lab", "up,", "cached", "90.0", "180.0", "s", "0.50"]
