"""The installer in a process of its own, before a machine in memory, for who looks at it too.

With CONSOLES=FOLDER in the environment it is one of several consoles, called NAME."""

import os
import subprocess
import sys
from pathlib import Path

from installer.app import InstallApp
from installer.consoles import Consoles
from tests.fakes.installer import FakeEnvironment


class _Demo(FakeEnvironment):
    def shell(self) -> None:
        subprocess.run(["sh", "-c", "echo in the shell; read line; echo heard $line"], check=False)


def main() -> None:
    demo = _Demo()
    demo.gate.set()
    folder = os.environ.get("CONSOLES")
    InstallApp(demo, Consoles(sys.argv[1], Path(folder)) if folder else None, again_s=0.2).run(mouse=False)


if __name__ == "__main__":
    main()
