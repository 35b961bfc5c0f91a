"""The engine as a process: it starts from a seed, serves over TLS, stops when asked, and knows all of it afterwards."""

import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from hosted_engine import config
from hosted_engine.config import Config, ConfigWrong
from hosted_engine.main import SiteMissing, serve
from hosted_engine.store.store import SqlStore
from tests.ports import free_port

WITHIN_S = 60


def get(port: int, state: Path, path: str) -> str:
    """As soon as it answers; one certificate authority is trusted and no other."""
    end = time.monotonic() + WITHIN_S
    while True:
        try:
            tls = ssl.create_default_context(cafile=str(state / "ca.crt"))
            answer = httpx.get(
                f"https://localhost:{port}{path}", verify=tls, auth=("admin@internal", "fake-password"), trust_env=False
            )
            return answer.raise_for_status().text
        except (httpx.TransportError, OSError):
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


@contextmanager
def running_engine(state: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    argv = [sys.executable, "-m", "tests.fakes.serve", "--port", str(port), "--state", str(state)]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()  # where a check failed it would serve for ever, and be waited for


def test_it_serves_until_it_is_asked_to_stop_and_loses_nothing(tmp_path: Path) -> None:
    port = free_port()
    with running_engine(tmp_path, port) as process:
        assert "DB Up" in get(port, tmp_path, "/ovirt-engine/services/health")
        end = time.monotonic() + WITHIN_S
        while get(port, tmp_path, "/ovirt-engine/api/hosts").count("<status>up</status>") != 3:
            assert time.monotonic() < end, "not all hosts came up"
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(WITHIN_S) == 0
    store = SqlStore(Config(state=str(tmp_path)).database)
    with store.transaction() as tx:
        names = [event.name for event in reversed(tx.events.list())]
    store.close()
    assert (names[0], names[-1], names.count("VDS_DETECTED")) == ("VDC_START", "VDC_STOP", 3)


async def test_without_a_site_it_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SiteMissing, match=r"there is no .*site\.json"):
        await serve(Config(state=str(tmp_path)))


def test_the_configuration_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "engine.toml"
    monkeypatch.delenv("TRIVET_DATABASE_URL", raising=False)
    assert config.load(path) == Config()
    path.write_text('port = 8443\nstate = "/srv/engine"\n')
    assert config.load(path).database == "sqlite:////srv/engine/engine.db"
    monkeypatch.setenv("TRIVET_DATABASE_URL", "postgresql+psycopg://somewhere")
    assert config.load(path).database == "postgresql+psycopg://somewhere"
    for wrong in ("prot = 8443", 'port = "x"', "port ="):
        path.write_text(wrong)
        with pytest.raises(ConfigWrong):
            config.load(path)
