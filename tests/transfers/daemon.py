"""The real imageio daemon as a process of a test, with a certificate of a test's authority."""

import ssl
import subprocess
import sys
import time
from pathlib import Path

from hosted_engine.authority import KeyPair

PROGRAM = (sys.executable, "-m", "node.imageio_server")
PROJECT = Path(__file__).parents[2]
UP_S = 30.0
_CONFIGURATION = """
[daemon]
run_dir = {folder}
drop_privileges = false
systemd_enable = false
poll_interval = 0.1
[tls]
key_file = {folder}/key.pem
cert_file = {folder}/cert.pem
ca_file = {folder}/ca.pem
[remote]
host = {address}
port = {port}
[local]
enable = false
[control]
socket = {socket}
remove_timeout = 5
[handlers]
keys = stderr
[logger_root]
level = INFO
handlers = stderr
"""


class Daemon:
    """`address` and `port` are where clients find it; 0 is any free port. `folder` is its own."""

    def __init__(self, folder: Path, pair: KeyPair, authority_pem: str, *, address: str, port: int) -> None:
        self.folder = folder
        self.socket = folder / "sock"
        self.authority = folder / "ca.pem"
        self.address = address
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "conf.d").mkdir(parents=True)
        (folder / "key.pem").write_text(pair.key)
        (folder / "cert.pem").write_text(pair.certificate)
        self.authority.write_text(authority_pem)
        text = _CONFIGURATION.format(folder=folder, address=address, port=port, socket=self.socket)
        (folder / "conf.d/50.conf").write_text(text)

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        self.socket.unlink(missing_ok=True)
        with (self.folder / "log").open("ab") as log:
            command = [*PROGRAM, "--conf-dir", str(self.folder)]
            self._process = subprocess.Popen(command, cwd=PROJECT, stdout=log, stderr=log)
        until = time.monotonic() + UP_S
        while not self._answers():
            assert self.is_running, (self.folder / "log").read_text()
            assert time.monotonic() < until
            time.sleep(0.05)

    def stop(self) -> None:
        """As a crash: nothing of it is told."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        """On both of its sockets."""
        if not self.socket.exists():
            return False
        try:
            ssl.get_server_certificate((self.address, self.port), timeout=5)
        except OSError:
            return False
        return True
