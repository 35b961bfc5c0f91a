"""What is said of this host's watchdog is what sanlock works with, not what might be there."""

import pytest

from hosted_engine.ha.host_watchdog import has_watchdog
from node.system.process import CommandFailed

STATUS = "daemon x\n    use_watchdog={}\n    watchdog_fire_timeout=30\n"


@pytest.mark.parametrize(("status", "has"), [(STATUS.format(1), True), (STATUS.format(0), False), ("", None)])
def test_sanlock_says_whether_it_has_one(status: str, has: bool | None) -> None:
    assert has_watchdog(lambda *argv, stdin="", timeout_s=60: status) is has


def test_where_sanlock_is_dead_nobody_knows() -> None:
    def refused(*argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        raise CommandFailed(argv, "connection refused", status=1)

    assert has_watchdog(refused) is None
