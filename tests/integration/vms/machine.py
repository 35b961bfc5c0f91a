"""A machine made of namespaces that runs the node image's own libvirt and QEMU, without KVM."""

import shutil
import subprocess
import time
from pathlib import Path

PROJECT = Path(__file__).parents[3]
SCRIPT = Path(__file__).parent / "machine.sh"
READY_S = 90
PYTHON = "/opt/trivet/venv/bin/python"
CONFIGURATION = "etc/libvirt/qemu.conf"


class Machine:
    """`tree` is the node image's, never written to; `folder` holds what the machine changes over it. `shared` is its
    /shared."""

    def __init__(self, tree: Path, folder: Path) -> None:
        self._folder = folder
        self.shared = folder / "shared"
        for name in ("root", "upper", "work", "shared"):
            (folder / name).mkdir()
        self._write_configuration(tree)
        argv = ("unshare", "-f", "--kill-child", "-m", "-n", "-p", "sh", SCRIPT, tree, folder, PROJECT)
        with (folder / "log").open("ab") as log:
            self._process = subprocess.Popen(argv, stdout=log, stderr=log, start_new_session=True)

    def _write_configuration(self, tree: Path) -> None:
        """The image's own, without the leases: no sanlock runs here."""
        lines = (tree / CONFIGURATION).read_text().splitlines(keepends=True)
        target = self._folder / "upper" / CONFIGURATION
        target.parent.mkdir(parents=True)
        target.write_text("".join(line for line in lines if not line.startswith("lock_manager")))

    def wait(self) -> None:
        """Until libvirtd answers."""
        deadline = time.monotonic() + READY_S
        while self._run("virsh", "version").returncode != 0:
            assert time.monotonic() < deadline, (self._folder / "log").read_text()
            time.sleep(0.2)

    def run(self, module: str, *arguments: str) -> str:
        """What a module of the project says inside; it has to end with 0."""
        ended = self._run("sh", "-c", f'cd /project && exec {PYTHON} -m "$@"', "sh", module, *arguments)
        assert ended.returncode == 0, ended.stdout
        return ended.stdout

    def remove(self) -> None:
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._folder)

    def _run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        inside = ("nsenter", "-t", children[0], "-m", "-n", "-p", "-r", "-w") if children else ("false",)
        return subprocess.run(
            (*inside, *argv), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=600
        )
