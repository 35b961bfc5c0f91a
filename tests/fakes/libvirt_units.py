"""systemctl for libvirtd and its TLS socket, with the node image's conditions; in memory."""

from pathlib import Path

from node.registration.migration_trust import LIBVIRTD, SOCKET, MigrationTrust
from node.system.process import CommandFailed

CONDITIONS = ("ca-cert.pem", "server-cert.pem", "server-key.pem")


class FakeLibvirtUnits:
    """A node.system.process.Run. `serving`: the anchor with which the daemon listens; None while it does not."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "pki"
        self.open = False
        self.broken = False
        self.restarts = 0
        self.serving: str | None = None

    def __call__(self, *argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        match argv:
            case ("systemctl", "restart", unit) if unit == LIBVIRTD:
                if self.broken:
                    raise CommandFailed(argv, "Job for libvirtd.service failed", status=1)
                self._start()
                self.restarts += 1
            case ("systemctl", "stop", unit) if unit == SOCKET:
                self.open = False  # the daemon listens on
            case ("systemctl", "is-active", "--quiet", unit) if unit == SOCKET:
                if not self.open:
                    raise CommandFailed(argv, "", status=3)
            case _:
                raise AssertionError(argv)
        return ""

    def boot(self) -> None:
        """Power is back."""
        self.open, self.serving = False, None
        self._start()

    def trust(self, identity: Path) -> MigrationTrust:
        return MigrationTrust(self, identity=identity, folder=self.folder)

    def _start(self) -> None:
        """The daemon takes the socket over only here."""
        self.open = self.open or all((self.folder / name).exists() for name in CONDITIONS)
        self.serving = (self.folder / CONDITIONS[0]).read_text() if self.open else None
