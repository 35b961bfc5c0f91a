"""Runs modules as Ansible does on a target, a process each, forked from this one, which has the SDK loaded already.

Reads a line of JSON per module, `{"module", "arguments", "check", "environment", "limit_s"}`, and answers with one:
`{"status", "output"}`, the status being None when the time was over.
"""

import json
import os
import runpy
import signal
import sys
import tempfile
import time
import traceback
from typing import IO, Any

import ovirtsdk4.types  # noqa: F401 - loaded once for all
from ansible.module_utils import basic  # noqa: F401
from ansible.module_utils.testing import patch_module_args

_PACKAGE = "ansible_collections.ovirt.ovirt.plugins.modules"


def main() -> None:
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_run(json.loads(line))) + "\n")
        sys.stdout.flush()


def _run(asked: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryFile() as output:
        if (child := os.fork()) == 0:
            _become_module(asked, output)
        status = _wait(child, asked["limit_s"])
        output.seek(0)
        return {"status": status, "output": output.read().decode(errors="replace")}


def _become_module(asked: dict[str, Any], output: IO[bytes]) -> None:
    status = 1
    try:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
        os.environ.update(asked["environment"])
        arguments = {**asked["arguments"], "_ansible_check_mode": asked["check"]}
        with patch_module_args(arguments):
            runpy.run_module(f"{_PACKAGE}.{asked['module']}", run_name="__main__")
    except SystemExit as end:
        status = int(end.code or 0)
    except BaseException:  # noqa: BLE001 - whatever a module raises, this process ends here
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(status)


def _wait(child: int, limit_s: float) -> int | None:
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


if __name__ == "__main__":
    main()
