"""Who brings a lab up can talk to it: the files for clients, and who may read them."""

import os
from pathlib import Path
from typing import Any, cast

import pytest

from ci.lab import names
from ci.lab.appliance import Appliance
from ci.lab.gate import Gate
from ci.lab.machine import Machine
from ci.lab.names import Lab

USER = os.getuid() or 4711  # only root can give a file away


class FirstNode:
    """Where the deploy ran."""

    def exec(self, *command: str) -> Any:
        return type("Done", (), {"stdout": f"what is in {command[-1]}\n"})


class BareAppliance:
    def __init__(self, lab: Lab) -> None:
        self.lab = lab


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setattr(names, "STATE", tmp_path)
    return Lab("lab")


def fetch(lab: Lab) -> None:
    Gate(cast(Appliance, BareAppliance(lab))).fetch(cast(Machine, FirstNode()))


def test_the_password_is_for_who_called_sudo_alone(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_UID", str(USER))
    for _ in range(2):
        fetch(lab)
        password, authority = lab.password_file.stat(), lab.authority_file.stat()
        assert (password.st_uid, password.st_mode & 0o777) == (USER, 0o600)
        assert authority.st_mode & 0o777 == 0o644
    assert lab.password_file.read_text() == "what is in /var/lib/trivet/deploy/admin-password"


def test_without_sudo_it_is_for_who_runs_it(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUDO_UID", raising=False)
    fetch(lab)
    assert lab.password_file.stat().st_uid == os.getuid()
    assert not lab.password_file.is_relative_to(lab.state)
