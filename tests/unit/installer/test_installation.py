"""An installation in another process: begun once, followed by all, never taken for done when it was cut off."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from installer.answers import Answers, DiskAnswers, MachineAnswers, NetworkAnswers
from installer.environment import InstallationFailed, Installed, LogLine, Report, StepReport
from installer.installation import Installation, NotBegun, Request, RunsAlready, work
from installer.run import Progress
from node.api.problems import Refused
from node.steps import Mark

ANSWERS = Answers(
    machine=MachineAnswers(host_name="node1"),
    disks=DiskAnswers(system='serial == "S1"'),
    network=NetworkAnswers(nics=("eth0",)),
)
STEP = StepReport(Progress(1, 2, "partition", "Partition the disk", Mark.STARTED), 12.5)
DONE = Installed(("192.0.2.11/24",), "lusab-babad-gutih-tugad", "K7QM-2XWD", ("a remark",))


class _Machine:
    """Installs in a thread, which `gate` holds up."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.gate = folder, threading.Event()
        self.requests: list[Request] = []
        self.results: list[bool] = []
        self.error: Exception | None = None
        self._threads: list[threading.Thread] = []

    def launch(self) -> None:
        self._threads.append(threading.Thread(target=self._work))
        self._threads[-1].start()

    def _work(self) -> None:
        try:
            self.results.append(work(self._install, self.folder))
        except ZeroDivisionError:
            self.results.append(False)

    def _install(self, request: Request, report: Report) -> Installed:
        self.requests.append(request)
        report(STEP)
        report(LogLine("+ sfdisk /dev/sda"))
        self.gate.wait(30)
        if self.error is not None:
            raise self.error
        return DONE

    def end(self) -> None:
        self.gate.set()
        for thread in self._threads:
            thread.join(30)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[_Machine]:
    machine = _Machine(tmp_path / "installer")
    yield machine
    machine.end()


async def _followed(machine: _Machine) -> tuple[list[StepReport | LogLine], Installed]:
    heard: list[StepReport | LogLine] = []
    installed = await Installation(machine.launch, machine.folder).follow(heard.append)
    return heard, installed


async def test_every_console_follows_it_from_its_begin_on(machine: _Machine) -> None:
    installation = Installation(machine.launch, machine.folder)
    assert not installation.is_running()
    await installation.start(ANSWERS, start_over=True)
    assert installation.is_running()
    followers = [asyncio.ensure_future(_followed(machine)) for _ in range(2)]
    machine.gate.set()
    for heard, installed in await asyncio.gather(*followers):
        assert heard == [STEP, LogLine("+ sfdisk /dev/sda")]
        assert installed == DONE
    machine.end()
    assert (await _followed(machine))[1] == DONE
    assert installation.is_running()
    (request,) = machine.requests
    assert (request.answers, request.start_over) == (ANSWERS, True)


async def test_a_second_one_is_refused(machine: _Machine) -> None:
    installation = Installation(machine.launch, machine.folder)
    await installation.start(ANSWERS, start_over=False)
    with pytest.raises(RunsAlready):
        await installation.start(ANSWERS, start_over=False)
    machine.launch()  # as two consoles may at the same moment
    machine.gate.set()
    machine.end()
    assert sorted(machine.results) == [False, True]
    assert len(machine.requests) == 1


async def test_what_failed_says_why_and_can_be_begun_again(machine: _Machine) -> None:
    class NoRoom(Refused):
        what, why, mend = "Cannot write", "there is no room", "Take a larger disk"

    installation = Installation(machine.launch, machine.folder)
    machine.error = NoRoom()
    await installation.start(ANSWERS, start_over=False)
    machine.gate.set()
    with pytest.raises(InstallationFailed, match=r"Cannot write: there is no room\. Take a larger disk\."):
        await _followed(machine)
    machine.end()
    assert not installation.is_running()
    machine.error = None
    await installation.start(ANSWERS, start_over=False)
    assert (await _followed(machine))[1] == DONE


async def test_a_defect_is_a_failure_too(machine: _Machine) -> None:
    machine.error = ZeroDivisionError("of all things")
    machine.gate.set()
    await Installation(machine.launch, machine.folder).start(ANSWERS, start_over=False)
    with pytest.raises(InstallationFailed, match="of all things"):
        await _followed(machine)


async def test_what_ends_without_a_word_was_cut_off(machine: _Machine) -> None:
    machine.gate.set()
    await Installation(machine.launch, machine.folder).start(ANSWERS, start_over=False)
    machine.end()
    events = machine.folder / "events.jsonl"
    events.write_bytes(b"".join(events.read_bytes().splitlines(keepends=True)[:2]) + b'{"kind": "st')
    assert not Installation(machine.launch, machine.folder).is_running()
    with pytest.raises(InstallationFailed, match="cut off"):
        await _followed(machine)


async def test_a_process_that_says_nothing_is_told(machine: _Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("installer.installation._BEGINS_WITHIN_S", 0.5)
    with pytest.raises(NotBegun, match="journalctl -u trivet-installation"):
        await Installation(lambda: None, machine.folder).start(ANSWERS, start_over=False)
