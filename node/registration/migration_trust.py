"""VMs come from and go to other nodes of the site only: the TLS files of libvirt and QEMU, and the open port."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography import x509

from node.api.messages.migration import MigrationReport, MigrationRequest
from node.api.problems import Failed
from node.registration.anchors import anchor_pem, permitted_names
from node.registration.credentials import AUTHORITY, CERTIFICATE, KEY, load_key
from node.system.files import link, read_or_none, sync_folder, write_durable
from node.system.process import CommandFailed, Run

FOLDER = Path("/etc/pki/trivet")
LIBVIRTD, SOCKET = "libvirtd.service", "libvirtd-tls.socket"
ANCHOR = "ca-cert.pem"  # the condition of the socket's unit
LOADED = "loaded"
RESTART_S = 120


class MigrationNotSet(Failed):
    what = "Who may send VMs to this node was not changed"
    why = "{reason}"
    mend = "Look into `systemctl status libvirtd libvirtd-tls.socket` on this node, then try again"


class MigrationTrust:
    """The node's key and certificate lie in `identity`; libvirt's daemon, its clients and QEMU find them, and whom to
    trust, by the names that they want in `folder`.

    The anchor trusts the site's authority for the members' names alone: GnuTLS heeds such name constraints, so that a
    node that left the site, the engine and the deploy open neither libvirt nor QEMU's stream. QEMU reads the files for
    every VM that comes, libvirtd when it starts: `loaded` says what it started with.
    """

    def __init__(
        self,
        run: Run,
        *,
        identity: Path,
        folder: Path = FOLDER,
        notify: Callable[[str, Sequence[str]], None] = lambda authority_pem, members: None,
    ) -> None:
        """`notify` gets the authority and the members before libvirt does: others go by them, too."""
        self._notify = notify
        self._run = run
        self._identity = identity
        self._folder = folder
        self._anchor, self._loaded = folder / ANCHOR, folder / LOADED
        key, certificate = identity / KEY, identity / CERTIFICATE
        of_both_ends = {f"{end}-{kind}.pem": target for end in ("server", "client") for kind, target in
                        (("key", key), ("cert", certificate))}  # fmt: skip
        of_clients = {"clientkey.pem": key, "clientcert.pem": certificate, "cacert.pem": self._anchor}
        self._links = {folder / name: target for name, target in (of_both_ends | of_clients).items()}

    def migration(self) -> MigrationReport:
        members = self._members(self._authority())
        in_force = members if self._is_loaded() else ()
        return MigrationReport(members=in_force, listening=self._is_listening())

    def allow_migration(self, request: MigrationRequest) -> MigrationReport:
        """Let these nodes, and no others, send VMs. Raises MigrationNotSet. Safe to repeat after any crash."""
        self._allow(request.members)
        return self.migration()

    def _allow(self, members: Sequence[str]) -> None:
        wanted, authority = tuple(sorted(set(members))), self._authority()
        if not wanted or not authority:
            self.remove()
            return
        self._notify(authority, wanted)
        self._folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        for path, target in self._links.items():
            if not path.is_symlink() or path.readlink() != target:
                link(path, target)
        if self._members(authority) != wanted:
            key = load_key((self._identity / KEY).read_bytes())
            write_durable(self._anchor, anchor_pem(authority, key, [x509.DNSName(one) for one in wanted]), mode=0o644)
        if not self._is_loaded() or not self._is_listening():
            self._restart()
            if not self._is_listening():
                raise MigrationNotSet(reason="libvirt does not listen for other nodes (libvirtd-tls.socket)")
            write_durable(self._loaded, self._digest(), mode=0o644)

    def establish(self, authority_pem: str) -> None:
        """Whoever was allowed under this authority stays so, with the node's certificate as it is now."""
        self._allow(self._members(authority_pem))

    def remove(self) -> None:
        """Nobody sends VMs, and libvirt listens on no port. Raises MigrationNotSet. Safe to repeat, too."""
        if not (self._anchor.exists() or self._loaded.exists() or self._is_listening()):
            return
        self._anchor.unlink(missing_ok=True)
        sync_folder(self._folder)
        self._systemctl("stop", SOCKET)
        self._restart()  # it has the socket still
        for path in (*self._links, self._loaded):
            path.unlink(missing_ok=True)

    def _restart(self) -> None:
        """VMs run on. The unit wants the socket's, which has to be open before the daemon starts."""
        self._systemctl("restart", LIBVIRTD)

    def _systemctl(self, verb: str, unit: str) -> None:
        try:
            self._run("systemctl", verb, unit, timeout_s=RESTART_S)
        except CommandFailed as err:
            raise MigrationNotSet(reason=err.text.why) from err

    def _is_listening(self) -> bool:
        try:
            self._run("systemctl", "is-active", "--quiet", SOCKET)
        except CommandFailed:
            return False
        return True

    def _is_loaded(self) -> bool:
        return read_or_none(self._loaded) == self._digest().encode()

    def _digest(self) -> str:
        """Of what libvirtd reads when it starts."""
        texts = [read_or_none(path) or b"" for path in (self._anchor, self._identity / CERTIFICATE)]
        return hashlib.sha256(b"\n".join(texts)).hexdigest()

    def _members(self, authority_pem: str) -> tuple[str, ...]:
        return permitted_names((read_or_none(self._anchor) or b"").decode(), authority_pem)

    def _authority(self) -> str:
        return (read_or_none(self._identity / AUTHORITY) or b"").decode()
