"""Runs one case: fixtures, the script as it was published, the oracle, its negative twins."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import ovirtsdk4 as sdk

from tests.conformance.examples.case import (
    Blocked,
    Case,
    ExampleRun,
    Fixture,
    Outcome,
    Verdict,
    blind_spot,
    difference,
    why_refused,
)
from tests.conformance.examples.local import LocalSite
from tests.conformance.examples.namespace import with_hosts
from tests.conformance.examples.state import Differs

LIMIT_S = 60.0
ENDLESS_S = 12.0  # poll_events asks every 5 s
BEGUN_S = 2.0  # by then an example has asked for the first time
EFFECT_WITHIN_S = 5.0  # what was accepted may still be on its way
CONFIGURATION = "site"  # the section of ~/.config/ovirt.conf that is given to examples with -c


@dataclass(frozen=True)
class Ended:
    """How a script ended; `status` is None when its time was over."""

    status: int | None
    output: str
    errors: str


def run_case(case: Case, site: LocalSite, examples: Path, limit_s: float = LIMIT_S) -> Outcome:
    begun = time.monotonic()
    site.renew()
    if (missing := prepare(case.needs, site)) is not None:
        return Outcome(case.name, Verdict.BLOCKED, missing)
    with tempfile.TemporaryDirectory(prefix=f"{case.name}-") as name:
        folder = Path(name)
        _configure(folder, site)
        if case.files is not None:
            case.files(folder)
        before = site.state()
        site.front.requests.clear()
        script = examples / f"{case.script or case.name}.py"
        begin = [Path(sys.executable).with_name(case.program)] if case.program else [sys.executable, "-B", script]
        command = [*map(str, begin), *case.arguments(before)]
        ended = run_script(case, site, with_hosts(site.hosts, command), folder, limit_s)
        verdict, reason = _judge(case, site, before, folder, ended)
    return Outcome(case.name, verdict, reason, time.monotonic() - begun, ended.output + ended.errors)


def run_script(case: Case, site: LocalSite, command: list[str], folder: Path, limit_s: float) -> Ended:
    """In `folder`, with nothing of this program's surroundings that could matter; killed when its time is over."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONUNBUFFERED": "1"}
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            start_new_session=True,
        )
        with process:
            try:
                status = _end_of(process, case, site, output, limit_s)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        interrupted = process.returncode == 0 or b"KeyboardInterrupt" in _read(errors)
        if case.endless and interrupted:
            status = 0
        return Ended(status, _read(output).decode(errors="replace"), _read(errors).decode(errors="replace"))


def _end_of(
    process: "subprocess.Popen[bytes]", case: Case, site: LocalSite, output: IO[bytes], limit_s: float
) -> int | None:
    """Its status; None when its time is over, and when it is interrupted."""
    if case.during is not None:
        time.sleep(BEGUN_S)
        case.during(site)
    if not case.endless:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(limit_s)
        return None
    begun = time.monotonic()
    while process.poll() is None and time.monotonic() < begun + limit_s:
        if time.monotonic() > begun + ENDLESS_S and case.endless.encode() in _read(output):
            break
        time.sleep(0.2)
    os.killpg(process.pid, signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(30)
    return None


def _read(file: IO[bytes]) -> bytes:
    """All of it; at another place than where the process writes on."""
    return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0)


def prepare(needs: Sequence[Fixture], site: LocalSite) -> str | None:
    """Make what a case needs; what is missing when that cannot be."""
    try:
        for need in needs:
            need(site)
    except (Blocked, Differs) as err:
        return str(err)
    except sdk.Error as err:
        refused = site.front.first_refused
        return f"fixture {need.__name__.replace('_', ' ')}: {refused or why_refused(err)}"
    return None


def _configure(folder: Path, site: LocalSite) -> None:
    (folder / "ca.pem").write_bytes(site.authority.read_bytes())
    (folder / ".config").mkdir()
    lines = [
        f"[{CONFIGURATION}]",
        "engine_url = https://engine40.example.com",
        "username = admin@internal",
        "password = any",
        f"cafile = {folder}/ca.pem",
    ]
    for name in ("ovirt.conf", "ovirt-img.conf"):  # of the examples, and of imageio's own command
        (folder / ".config" / name).write_text("\n".join(lines))


def _judge(case: Case, site: LocalSite, before: object, folder: Path, ended: Ended) -> tuple[Verdict, str]:
    refused = site.front.first_refused
    if ended.status != 0:
        end = "its time was over" if ended.status is None else _last_line(ended.errors)
        return Verdict.FAILED, str(refused) if refused else end
    if case.oracle is None:
        return Verdict.HOLLOW, "it ended well, and nobody has written an oracle for it"
    requests = tuple(site.front.requests)
    if case.then is not None:
        case.then(site)
    until = time.monotonic() + EFFECT_WITHIN_S
    while True:
        seen = ExampleRun(before, site.state(), ended.output, folder, requests)  # type: ignore[arg-type]
        missing = difference(case.oracle, seen)
        if missing is None or time.monotonic() > until:
            break
        time.sleep(0.2)
    if missing is not None:
        return Verdict.HOLLOW, missing
    if (spot := blind_spot(case, seen)) is not None:
        return Verdict.HOLLOW, spot
    return Verdict.TRUE, ""


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it ended with an error and said nothing"
