"""The generator that says who reads on which console, run as systemd runs it, over a command line of ours."""

import subprocess
from pathlib import Path

import pytest

from images import project

GENERATOR = project.CONFIGURATION / "metal/usr/lib/systemd/system-generators/trivet-consoles"


def generated(folder: Path, command_line: str) -> set[str]:
    """What it makes, by path; `/proc/cmdline` and the lines that there are are files of ours."""
    (folder / "tty/ttyS0").mkdir(parents=True)
    (folder / "cmdline").write_text(f"{command_line}\n")
    script = GENERATOR.read_text().replace("/proc/cmdline", str(folder / "cmdline"))
    script = script.replace("/sys/class/tty", str(folder / "tty"))
    for name in ("normal", "early", "late"):
        (folder / name).mkdir()
    folders = [str(folder / name) for name in ("normal", "early", "late")]
    subprocess.run(["sh", "-c", script, "generator", *folders], check=True)
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_symlink()}


MASKED = {f"early/{getty}@{line}.service" for getty in ("getty", "serial-getty") for line in ("tty1", "ttyS0")}
CONSOLES = "console=tty0 console=ttyS0,115200 quiet"


def test_the_nodes_console_on_the_screen_and_on_each_line(tmp_path: Path) -> None:
    wants = {f"normal/getty.target.wants/trivet-console@{line}.service" for line in ("tty1", "ttyS0")}
    assert generated(tmp_path, CONSOLES) == wants | MASKED


def test_a_line_that_is_not_there_gets_nobody(tmp_path: Path) -> None:
    made = generated(tmp_path, "console=tty0 console=ttyS7")
    assert not [path for path in made if "ttyS7" in path]


def test_the_installer_on_the_medium(tmp_path: Path) -> None:
    made = generated(tmp_path, f"{CONSOLES} trivet.live")
    wants = {f"normal/trivet-installer.target.wants/trivet-installer@{line}.service" for line in ("tty1", "ttyS0")}
    assert made == wants | MASKED


@pytest.mark.parametrize("cmdline", ["trivet.answers=label:A trivet.live", "trivet.live trivet.answers=https://a/"])
def test_an_unattended_installation_has_the_consoles_until_it_fails(tmp_path: Path, cmdline: str) -> None:
    assert generated(tmp_path, f"{CONSOLES} {cmdline}") == MASKED
    dropped = (tmp_path / "normal/trivet-unattended.service.d/consoles.conf").read_text()
    assert dropped == "[Unit]\nOnFailure= trivet-installer@tty1.service trivet-installer@ttyS0.service\n"
