"""The engine VM's watchdog, the driver in its image and what feeds it belong together."""

import re

from hosted_engine.deploy.answers import parse
from hosted_engine.deploy.decisions import decide
from hosted_engine.deploy.desired_state import engine_vm
from images.engine import MODULES
from images.project import CONFIGURATION
from tests.unit.deploy.test_answers import three

SETTINGS = CONFIGURATION / "engine/etc/systemd/system.conf.d/trivet.conf"


def test_the_engine_vm_has_the_watchdog_that_its_guest_has_a_driver_for() -> None:
    answers = parse(three())
    assert engine_vm(answers, decide(answers, "secret")).watchdog
    assert "i6300esb" in MODULES


def test_it_is_fed_and_does_not_fire_on_a_guest_that_is_merely_slow() -> None:
    (seconds,) = re.findall(r"^RuntimeWatchdogSec=(\d+)s$", SETTINGS.read_text(), re.MULTILINE)
    assert int(seconds) // 2 >= 60  # systemd feeds it every half: so long may an emulated guest stand still
    assert int(seconds) <= 240
