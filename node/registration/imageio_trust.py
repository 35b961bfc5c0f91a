"""The imageio daemon runs while the node belongs to a site, with the certificate that the node has now."""

import hashlib
from pathlib import Path

from node.api.problems import Failed
from node.registration.credentials import CERTIFICATE
from node.system.files import read_or_none, write_durable
from node.system.process import CommandFailed, Run

UNIT = "ovirt-imageio.service"
LOADED = Path("/run/trivet/imageio-certificate")  # gone with the daemon after a boot
RESTART_S = 60


class DaemonNotSet(Failed):
    what = "Images of this node cannot be transferred"
    why = "{reason}"
    mend = "Look into `systemctl status ovirt-imageio` on this node, then try again"


class ImageioTrust:
    """The daemon reads the certificate when it starts: `loaded` says which one. Transfers end with a restart, and the
    engine opens them again."""

    def __init__(self, run: Run, *, identity: Path, loaded: Path = LOADED) -> None:
        self._run = run
        self._certificate = identity / CERTIFICATE
        self._loaded = loaded

    def establish(self, authority_pem: str) -> None:
        """Raises DaemonNotSet. Safe to repeat after any crash."""
        digest = hashlib.sha256(read_or_none(self._certificate) or b"").hexdigest()
        if self._is_active() and read_or_none(self._loaded) == digest.encode():
            return
        self._systemctl("restart")
        self._loaded.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_durable(self._loaded, digest)

    def remove(self) -> None:
        """Raises DaemonNotSet. Safe to repeat, too."""
        if self._is_active():
            self._systemctl("stop")
        self._loaded.unlink(missing_ok=True)

    def _is_active(self) -> bool:
        try:
            self._run("systemctl", "is-active", "--quiet", UNIT)
        except CommandFailed:
            return False
        return True

    def _systemctl(self, verb: str) -> None:
        try:
            self._run("systemctl", verb, UNIT, timeout_s=RESTART_S)
        except CommandFailed as err:
            raise DaemonNotSet(reason=err.text.why) from err
