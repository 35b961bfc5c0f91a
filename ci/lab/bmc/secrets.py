"""Password, authority and certificates of a lab's controllers: made once, for root alone, gone with the lab."""

import os
import secrets
import ssl
from pathlib import Path

from ci.lab.names import Lab, Node
from hosted_engine.authority import KeyPair, make_authority, make_pair
from node.api.messages.identity import Role


class BmcSecrets:
    def __init__(self, lab: Lab) -> None:
        self.folder = lab.state / "bmc"
        self._lab = lab

    @property
    def password_file(self) -> Path:
        return self.folder / "password"

    @property
    def authority_file(self) -> Path:
        return self.folder / "ca.crt"

    def make(self) -> None:
        """Unless they are there; cut off anywhere, the next call goes on."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.password_file.exists():
            _write(self.password_file, secrets.token_urlsafe(24))
        if not self.authority_file.exists():
            authority = make_authority(f"{self._lab.name} controllers")
            _write(self.folder / "ca.key", authority.key)
            _write(self.authority_file, authority.certificate)

    def password(self) -> str:
        return self.password_file.read_text()

    def tls(self, node: Node) -> ssl.SSLContext:
        """A server's, with a certificate of this start for the controller's address."""
        authority = KeyPair((self.folder / "ca.key").read_text(), self.authority_file.read_text())
        pair = make_pair(authority, Role.ENGINE, f"bmc-{node.name}", names=[node.bmc_address])
        file = self.folder / f"{node.name}.pem"
        _write(file, pair.key + pair.certificate)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(file)
        return context


def _write(file: Path, text: str) -> None:
    half = file.with_suffix(".half")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
    half.rename(file)
