"""Runs one documented task three times: check mode, run, run again; the database is looked at in between."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.conformance.examples.ansible import driver
from tests.conformance.examples.ansible.documented import Documented
from tests.conformance.examples.ansible.task import Task
from tests.conformance.examples.case import ExampleRun, Outcome, Verdict, blind_spot, difference
from tests.conformance.examples.local import LocalSite
from tests.conformance.examples.namespace import NAMES, with_hosts
from tests.conformance.examples.run import EFFECT_WITHIN_S, prepare
from tests.conformance.examples.state import State

LIMIT_S = 30.0  # a reinstallation is waited for four times, each with a look every 3 s
_URL, _USER = f"https://{NAMES[0]}/ovirt-engine/api", "admin@internal"
_AUTH = "{{ ovirt_auth }}"
_PHASES = ("check mode", "run", "run again")


class Modules:
    """The process from which modules are forked, where the names of one site are known."""

    def __init__(self, site: LocalSite, collections: Path) -> None:
        self._site = site
        command = with_hosts(site.hosts, [sys.executable, str(Path(driver.__file__))])
        environment = {"PYTHONPATH": str(collections), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment, text=True, cwd=site.folder)

    def run(self, task: Documented, *, check: bool) -> tuple[int | None, dict[str, Any], str]:
        """Exit status, the module's result, and all that it printed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {
            "module": task.module,
            "arguments": self._arguments(task),
            "check": check,
            "limit_s": LIMIT_S,
            "environment": {"HOME": str(self._site.folder), **self._environment(task)},
        }
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return answer["status"], _result(answer["output"]), answer["output"]

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)

    def _arguments(self, task: Documented) -> dict[str, Any]:
        """As documented, with what the documentation leaves out for simplicity: the variable `ovirt_auth`."""
        auth = {"url": _URL, "username": _USER, "password": "any", "ca_file": str(self._site.authority)}
        arguments = {name: auth if value == _AUTH else value for name, value in task.arguments.items()}
        return arguments if task.module == "ovirt_auth" else {**arguments, "auth": auth}

    def _environment(self, task: Documented) -> dict[str, str]:
        if task.module != "ovirt_auth":
            return {}
        authority = str(self._site.authority)
        return {"OVIRT_URL": _URL, "OVIRT_USERNAME": _USER, "OVIRT_PASSWORD": "any", "OVIRT_CAFILE": authority}


def run_task(task: Task, documented: Documented, site: LocalSite, modules: Modules) -> Outcome:
    begun = time.monotonic()
    site.renew()
    if (missing := prepare(task.needs, site)) is not None:
        return Outcome(task.name, Verdict.BLOCKED, missing)
    before = site.state()
    verdict, reason, log = _phases(task, documented, site, modules, before)
    return Outcome(task.name, verdict, reason, time.monotonic() - begun, log)


def _phases(
    task: Task, documented: Documented, site: LocalSite, modules: Modules, before: State
) -> tuple[Verdict, str, str]:
    logs, state = [], before
    for phase, changed in zip(_PHASES, task.changed, strict=True):
        if phase == "check mode" and not task.checkable:
            continue
        site.front.requests.clear()
        status, result, output = modules.run(documented, check=phase == "check mode")
        logs.append(f"-- {phase}\n{output}")
        log = "\n".join(logs)
        if status != 0:
            refused = site.front.first_refused
            words = str(refused) if refused else _message(status, result, output)
            return Verdict.FAILED, f"{phase}: {words}", log
        if phase == "check mode" and result.get("skipped"):
            continue  # the module has no check mode
        if result.get("changed") is not changed:
            return Verdict.FAILED, f"{phase}: changed is {result.get('changed')}", log
        if phase == "run":
            if (missing := _judge(task, site, before, result)) is not None:
                return Verdict.HOLLOW, missing, log
            state = site.state()
        elif (phase == "check mode" or not changed) and (table := site.state().changed_since(state)) is not None:
            return Verdict.HOLLOW, f"{phase}: {table} was changed", log
    return Verdict.TRUE, "", log


def _judge(task: Task, site: LocalSite, before: State, result: dict[str, Any]) -> str | None:
    if task.oracle is None:
        return "it ended well, and nobody has written an oracle for it"
    until = time.monotonic() + EFFECT_WITHIN_S
    while True:
        seen = ExampleRun(before, site.state(), json.dumps(result), result=result)
        missing = difference(task.oracle, seen)
        if missing is None:
            return blind_spot(task, seen)
        if time.monotonic() > until:
            return missing
        time.sleep(0.2)


def _result(output: str) -> dict[str, Any]:
    for line in reversed(output.splitlines()):
        if line.startswith("{"):
            try:
                return dict(json.loads(line))
            except ValueError:
                continue
    return {}


def _message(status: int | None, result: dict[str, Any], output: str) -> str:
    if status is None:
        return "its time was over"
    lines = output.strip().splitlines()
    return str(result.get("msg") or (lines[-1] if lines else "it said nothing"))
