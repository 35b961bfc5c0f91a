"""That trivet-ha's unit lets it do what it does."""

from pathlib import Path

import hosted_engine.ha

UNIT = Path(hosted_engine.ha.__file__).with_name("trivet-ha.service")


def test_it_may_ping() -> None:
    """Nobody but who has this may on a node: its ping has no privileges of its own, and its kernel gives none."""
    settings = dict(line.split("=", 1) for line in UNIT.read_text().splitlines() if "=" in line and line[0] != "#")
    assert "CAP_NET_RAW" in settings["CapabilityBoundingSet"].split()
