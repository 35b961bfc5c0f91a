"""systemctl for a glusterd whose unit has the node image's condition; in memory."""

from pathlib import Path

from node.registration.gluster_trust import GLUSTERD, GlusterTrust
from node.system.process import CommandFailed


class FakeGlusterdUnit:
    """A node.system.process.Run. `clear` says that an image without the condition has started glusterd."""

    def __init__(self, folder: Path, *, clear: bool = False) -> None:
        self.ssl, self.switch = folder / "ssl", folder / "glusterd" / "secure-access"
        for path in (self.ssl, self.switch.parent):
            path.mkdir(parents=True, exist_ok=True)
        self.running = clear
        self.clear = clear
        self.broken = False
        self.stuck = 0  # so many stops end with a time-out

    def __call__(self, *argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        match argv:
            case ("systemctl", "start", unit) if unit == GLUSTERD:
                self._start()
            case ("systemctl", "stop", unit) if unit == GLUSTERD:
                if self.stuck:
                    self.stuck -= 1
                    raise CommandFailed(argv, "Job for glusterd.service timed out", status=1)
                self.running = self.clear = False
            case ("systemctl", "is-active", "--quiet", unit) if unit == GLUSTERD:
                if not self.running:
                    raise CommandFailed(argv, "", status=3)
            case _:
                raise AssertionError(argv)
        return ""

    def boot(self) -> None:
        """Power is back."""
        self.running = self.clear = False
        self._start()

    def trust(self, identity: Path) -> GlusterTrust:
        return GlusterTrust(self, identity=identity, ssl=self.ssl, switch=self.switch)

    def _start(self) -> None:
        """A start that the condition forbids is no failure; one that finds files missing is."""
        if self.running or not self.switch.exists():
            return
        missing = [name for name in ("key", "pem", "ca") if not (self.ssl / f"glusterfs.{name}").exists()]
        assert not missing, f"glusterd would start without {missing}"
        if self.broken:
            raise CommandFailed(("systemctl", "start"), "Job for glusterd.service failed", status=1)
        self.running = True
