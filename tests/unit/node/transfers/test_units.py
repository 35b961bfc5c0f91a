"""Transient units as systemd is asked for them, and the daemon's unit, which lives with the site's certificate."""

from collections.abc import Callable
from pathlib import Path

import pytest

from node.registration.credentials import CERTIFICATE
from node.registration.imageio_trust import DaemonNotSet, ImageioTrust
from node.system.process import CommandFailed
from node.system.transient_units import TransientUnits

Answer = Callable[[tuple[str, ...]], str]


class Recorder:
    """Notes commands, and answers with what `say` answers or raises."""

    def __init__(self, answer: Answer = lambda argv: "") -> None:
        self.commands: list[tuple[str, ...]] = []
        self.answer = answer

    def __call__(self, *argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        self.commands.append(argv)
        return self.answer(argv)


def test_a_unit_is_started_with_its_properties_and_leaves_no_file() -> None:
    run = Recorder()
    TransientUnits(run).start("one.service", ("sleep", "9"), ("UMask=0007",))
    assert run.commands == [
        ("systemd-run", "--quiet", "--collect", "--unit=one.service", "--property=UMask=0007", "--", "sleep", "9")
    ]


@pytest.mark.parametrize(
    ("state", "runs"), [("active", True), ("activating", True), ("inactive", False), ("failed", False)]
)
def test_what_systemd_says_of_it_counts(state: str, runs: bool) -> None:
    def answer(argv: tuple[str, ...]) -> str:
        if runs:
            return f"{state}\n"
        raise CommandFailed(argv, "", status=3, stdout=f"{state}\n")

    run = Recorder(answer)
    units = TransientUnits(run)
    assert units.is_running("one.service") is runs
    units.stop("one.service")
    assert (("systemctl", "stop", "one.service") in run.commands) is runs


def test_a_systemd_that_does_not_answer_is_no_unit_that_does_not_run() -> None:
    def answer(argv: tuple[str, ...]) -> str:
        raise CommandFailed(argv, "Failed to connect to bus", status=1)

    with pytest.raises(CommandFailed):
        TransientUnits(Recorder(answer)).is_running("one.service")


def test_its_own_last_line_is_reported_and_not_systemds() -> None:
    journal = "Started one.service - x.\nqemu-nbd: Failed to get lock\none.service: Failed with result 'exit-code'.\n"
    assert TransientUnits(Recorder(lambda argv: journal)).last_log_line("one.service") == "qemu-nbd: Failed to get lock"


class Systemctl(Recorder):
    def __init__(self) -> None:
        super().__init__(self._do)
        self.active = False

    def _do(self, argv: tuple[str, ...]) -> str:
        if "is-active" in argv and not self.active:
            raise CommandFailed(argv, "", status=3)
        self.active = {"restart": True, "stop": False}.get(argv[1], self.active)
        return ""

    @property
    def changes(self) -> list[str]:
        return [argv[1] for argv in self.commands if argv[1] != "is-active"]


def test_the_daemon_is_started_anew_with_every_other_certificate_and_only_then(tmp_path: Path) -> None:
    run, certificate = Systemctl(), tmp_path / CERTIFICATE
    trust = ImageioTrust(run, identity=tmp_path, loaded=tmp_path / "loaded")
    certificate.write_text("one")
    for _ in range(2):
        trust.establish("authority")
    assert run.changes == ["restart"]
    certificate.write_text("two")
    trust.establish("authority")
    assert run.changes == ["restart", "restart"]
    run.active = False  # it died, or the machine was booted
    trust.establish("authority")
    assert run.changes == ["restart"] * 3
    for _ in range(2):
        trust.remove()
    assert run.changes == ["restart"] * 3 + ["stop"]


def test_a_daemon_that_does_not_start_is_told(tmp_path: Path) -> None:
    def answer(argv: tuple[str, ...]) -> str:
        raise CommandFailed(argv, "Unit ovirt-imageio.service not found.", status=5)

    with pytest.raises(DaemonNotSet, match="not found"):
        ImageioTrust(Recorder(answer), identity=tmp_path, loaded=tmp_path / "loaded").establish("authority")
