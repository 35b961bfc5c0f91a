from pathlib import Path

import pytest

from node.upgrade.outcome import Outcome, UpgradeState, outcome
from node.upgrade.records import MAX_RECORDED_BOOTS, BootHealth, Finding, LastUpgrade, Records
from node.upgrade.slots import Kernel, Slot, System

LAST = LastUpgrade(version="1.2", previous="1.1", at=100.0)
NEVER_CHECKED = "it never came as far as looking at its health: it did not start, or stopped on the way"


def system(running: str, *kernels: Kernel) -> System:
    other = "1.2" if running == "1.1" else "1.1"
    return System(running, "/dev/vda", Slot(2, "/dev/vda2", 1, running), (Slot(3, "/dev/vda3", 1, other),), kernels)


def boot(version: str, why: str = "", *, number: int = 0) -> BootHealth:
    return BootHealth(boot=f"{number}", version=version, at=1.0, counted=True, findings=(Finding(what="a", why=why),))


@pytest.mark.parametrize(
    ("last", "of", "boots", "expected"),
    [
        (None, system("1.1", Kernel("1.1")), [], Outcome(UpgradeState.NONE)),
        (LAST, system("1.1", Kernel("1.1"), Kernel("1.2", 3)), [], Outcome(UpgradeState.WAITING)),
        (LAST, system("1.2", Kernel("1.1"), Kernel("1.2", 2, 1)), [], Outcome(UpgradeState.TRIED)),
        (
            LAST,
            system("1.2", Kernel("1.1"), Kernel("1.2", 1, 2)),
            [boot("1.2", "no")],
            Outcome(UpgradeState.TRIED, "a: no"),
        ),
        (
            LAST,
            system("1.2", Kernel("1.1"), Kernel("1.2")),
            [boot("1.2", "no"), boot("1.2")],
            Outcome(UpgradeState.GOOD),
        ),
        (LAST, system("1.1", Kernel("1.1"), Kernel("1.2", 0, 3)), [], Outcome(UpgradeState.FELL_BACK, NEVER_CHECKED)),
        (
            LAST,
            system("1.1", Kernel("1.1"), Kernel("1.2", 0, 3)),
            [boot("1.2", "first"), boot("1.2", "last"), boot("1.1")],
            Outcome(UpgradeState.FELL_BACK, "a: last"),
        ),
        (
            LAST,
            system("1.1", Kernel("1.1"), Kernel("1.2")),
            [],
            Outcome(UpgradeState.GOOD, "and 1.1 was started instead of it"),
        ),
        (LAST, system("1.1", Kernel("1.1")), [], Outcome(UpgradeState.UNKNOWN, "the kernel of 1.2 is gone")),
        (
            LastUpgrade(version="1.2", previous="1.1", at=100.0, dropped_at=200.0),
            system("1.1", Kernel("1.1"), Kernel("1.2", 0, 1)),
            [boot("1.2")],
            Outcome(UpgradeState.ROLLED_BACK),
        ),
    ],
)
def test_what_it_came_to(last: LastUpgrade | None, of: System, boots: list[BootHealth], expected: Outcome) -> None:
    assert outcome(last, of, boots) == expected


def test_boots_are_kept_one_each_and_the_latest(tmp_path: Path) -> None:
    records = Records(tmp_path / "upgrade")
    for number in range(30):
        records.add_boot(boot("1.1", "no", number=number))
    records.add_boot(boot("1.1", number=29))
    assert len(records.boots()) == MAX_RECORDED_BOOTS
    assert records.boots()[-1].is_healthy
    assert not records.boots()[-2].is_healthy


def test_a_new_try_of_a_version_forgets_the_earlier_ones(tmp_path: Path) -> None:
    records = Records(tmp_path)
    records.add_boot(boot("1.2", "no", number=1))
    records.add_boot(boot("1.1", number=2))
    records.begin_upgrade(LAST)
    assert [one.version for one in records.boots()] == ["1.1"]
    assert records.last_upgrade() == LAST


@pytest.mark.parametrize("text", ["", "{", '{"version": 1}', "[]"])
def test_a_damaged_record_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "upgrade.json").write_text(text)
    (tmp_path / "health.json").write_text(text)
    assert Records(tmp_path).last_upgrade() is None
    assert Records(tmp_path).boots() == ()
