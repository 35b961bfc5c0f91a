"""What the screens begin, done on real image files: followed from another process's place, and offered after a cut."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from installer.answers import MachineAnswers
from installer.earlier import read_earlier_answers, read_unfinished
from installer.environment import Installed, LogLine, StepReport, Unfinished
from installer.installation import Installation, work
from installer.worker import install_as_asked
from node.steps import Mark
from tests.fakes.installer import HASH
from tests.integration.installer.bench import Bench, PowerCut, needs_loop_devices, three_disks
from tests.unit.installer.given import answers

ANSWERS = answers(machine=MachineAnswers(host_name="node1", password_hash=HASH))
pytestmark = needs_loop_devices


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Bench]:
    with three_disks(tmp_path) as made:
        yield made


class _Console:
    """Begins installations in threads, as the machine does in units."""

    def __init__(self, there: Bench, folder: Path) -> None:
        self._there, self._folder = there, folder
        self.installation = Installation(self._launch, folder)

    def _launch(self) -> None:
        threading.Thread(target=self._work).start()

    def _work(self) -> None:
        with suppress(PowerCut):
            work(lambda request, report: install_as_asked(request, self._there.machine, report), self._folder)

    async def followed(self) -> tuple[list[StepReport | LogLine], Installed]:
        heard: list[StepReport | LogLine] = []
        return heard, await self.installation.follow(heard.append)


async def _half(there: Bench) -> Unfinished | None:
    return await asyncio.to_thread(lambda: read_unfinished(there.machine, there.system_info().disks))


async def test_an_installation_is_followed_step_by_step(there: Bench, tmp_path: Path) -> None:
    console = _Console(there, tmp_path / "run")
    await console.installation.start(ANSWERS, start_over=False)
    heard, installed = await console.followed()
    done = [said.progress.key for said in heard if isinstance(said, StepReport) and said.progress.mark is Mark.DONE]
    assert (done[0], done[-1]) == ("medium", "finish")
    assert any(said.text.startswith("+ sfdisk") for said in heard if isinstance(said, LogLine))
    assert installed.fingerprint.count("-") == 3
    assert installed.claim_code
    assert await _half(there) is None


async def test_one_that_was_cut_off_is_offered_with_its_answers(there: Bench, tmp_path: Path) -> None:
    def cut(argv: tuple[str, ...]) -> None:
        if argv[0] == "mkfs.xfs":
            there.tools.before = lambda _: None
            there.cut_power()

    there.tools.before = cut
    console = _Console(there, tmp_path / "run")
    await console.installation.start(ANSWERS, start_over=False)
    with pytest.raises(Exception, match="cut off"):
        await console.followed()
    there.power_on()
    before = {serial: there.checksum(serial) for serial in there.images}
    half = await _half(there)
    assert {serial: there.checksum(serial) for serial in there.images} == before
    assert half is not None
    assert half.answers in (ANSWERS, None)  # what a journal holds that nobody may replay is not seen
    earlier = await asyncio.to_thread(lambda: read_earlier_answers(there.machine, there.system_info().disks, half.disk))
    assert earlier == ANSWERS
    again = _Console(there, tmp_path / "next boot")
    await again.installation.start(earlier, start_over=False)
    heard, _ = await again.followed()
    assert "done before" in [said.progress.detail for said in heard if isinstance(said, StepReport)]
