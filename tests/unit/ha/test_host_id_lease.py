"""What sanlock 3.9.5 says of a host's id."""

import pytest

from hosted_engine.ha.host_id_lease import HostId, HostIdLeases, HostIdUnreadable, parse_host_id
from node.storage.sanlock import SanlockFailed
from node.system.process import CommandFailed
from tests.fakes.fence import LEADER


def test_what_the_real_one_printed() -> None:
    assert parse_host_id(LEADER) == HostId(generation=1, timestamp=582, owner="6262cd4cf369551c88cc645c0fbd397e")


@pytest.mark.parametrize(
    "output",
    ["", "read_leader done -202\n", LEADER.replace("done 0", "done -2"), LEADER.replace("timestamp 582\n", "")],
)
def test_what_says_less_is_refused(output: str) -> None:
    with pytest.raises((ValueError, SanlockFailed)):
        parse_host_id(output)


def test_a_volume_that_does_not_answer_is_said() -> None:
    def run(*argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        raise CommandFailed(argv, "it took longer than 10 s")

    with pytest.raises(HostIdUnreadable, match="host id 2 of lockspace trivet"):
        HostIdLeases("trivet", "/volumes/engine/lockspace", run).read(2)
