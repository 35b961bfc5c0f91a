"""What a node says of the version that waits on it, to whoever asks from elsewhere."""

import pytest

from node.system.process import CommandFailed
from node.upgrade.refusals import NotInstalled
from node.upgrade.slots import System
from node.upgrade.waiting import waiting_version


class FakeDisk:
    def __init__(self, error: Exception) -> None:
        self._error = error

    def observe(self) -> System:
        raise self._error


@pytest.mark.parametrize(
    "error", [NotInstalled(reason="it is a lab"), CommandFailed(("sfdisk",), "no such disk"), OSError("no /efi")]
)
def test_a_machine_that_cannot_say_has_none_that_waits(error: Exception) -> None:
    assert waiting_version(FakeDisk(error)) == ""
