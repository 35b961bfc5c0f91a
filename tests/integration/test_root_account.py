"""Root's password with the system's own chpasswd and PAM, over an /etc of its own that is gone with the test."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
_INSIDE = """
set -e
mount -t tmpfs none "$1"
mkdir "$1/upper" "$1/work"
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$1/upper,workdir=$1/work" /etc
exec "$2" -m tests.integration.test_root_account
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts something")
def test_a_password_that_was_set_is_known_and_no_other(tmp_path: Path) -> None:
    argv = ("unshare", "--mount", "sh", "-c", _INSIDE, "sh", str(tmp_path), sys.executable)
    ended = subprocess.run(argv, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=120)
    assert ended.stdout.split() == ["None", "True", "False", "False"], ended.stderr
    assert ended.returncode == 0


def _main() -> None:
    from installer.console.root_account import RootAccount
    from node.system.process import run

    root, password = RootAccount(run), "correct horse: 9"
    root.set_password(password)
    print(root.why_not_usable(), root.is_password(password), root.is_password("wrong"), root.is_password(""))


if __name__ == "__main__":
    _main()
