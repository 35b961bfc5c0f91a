"""Runs the trials that need a kernel of Debian's (VLANs, bonds, VRFs) in one emulated machine, sites and all."""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from tests.integration.lockout.entries import Api, End
from tests.integration.lockout.runner import Trial
from tests.integration.lockout.trial import Outcome
from tests.integration.netconf.guest_machine import VIRTIO, boot, code

_CODE = ("netconf", "node", "gluster", "hosted_engine", "installer")
_TESTS = ("tests/fakes", "tests/integration/lockout", "tests/integration/netconf")
_HERE = Path(__file__).parent
_MEMORY_MIB = 768


def run_in_guest(work: Path, trials: Iterable[Trial]) -> list[Outcome]:
    """`work` is a folder for this run alone."""
    files = code(*_CODE, *_TESTS)
    files["project/tests/__init__.py"] = files["project/tests/integration/__init__.py"] = b""
    for name in ("node.sh", "inside"):
        files[f"project/tests/integration/lockout/{name}"] = (_HERE / name).read_bytes()
    files["project/inside"] = (_HERE / "inside").read_bytes()
    wanted = [(trial.bad.name, trial.enter is Api, trial.guarded) for trial in trials]
    files["project/wanted.json"] = json.dumps(wanted).encode()
    found = boot(work, files, hardware=replace(VIRTIO, memory_mib=_MEMORY_MIB))
    return [Outcome(**said | {"end": End(said["end"]) if said["end"] else None}) for said in found]
