"""What expected.toml names is done by the unmodified examples, as oracles beside the API see it."""

import subprocess
import sys

import pytest

from tests.conformance.examples.cli import KINDS, expected

LIMIT_S = 280


@pytest.mark.parametrize("kind", KINDS)
def test_what_has_to_be_true_is(kind: str) -> None:
    command = [sys.executable, "-m", "tests.conformance.examples", "--kind", kind, "--expected", "--verbose"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=LIMIT_S)
    print(done.stdout, done.stderr)
    assert f"{len(expected(kind))}: {len(expected(kind))} true" in done.stdout
    assert done.returncode == 0
