"""Slow on purpose, or for the sake of a real power cut: hundreds of deploys over nodes in memory need neither."""

import os
from functools import partial
from pathlib import Path

import pytest

from hosted_engine.deploy import decisions, recovery
from hosted_engine.passwords import hash_password
from tests.sim.deploy.stage import Stage


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "hash_password", partial(hash_password, memory_kib=8))
    monkeypatch.setattr(recovery, "_COST", 2)


@pytest.fixture(autouse=True)
def _nothing_reaches_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The power cuts of these tests are exceptions: what was written is there."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)
