"""Gluster of this node talks to other nodes of its site only: its TLS files, and the switch without which it is off."""

from collections.abc import Sequence
from pathlib import Path

from cryptography import x509

from node.api.problems import Failed
from node.registration.anchors import anchor_pem, nodes_only, permitted_names
from node.registration.credentials import CERTIFICATE, KEY, load_key
from node.system.files import link, read_or_none, sync_folder, write_durable
from node.system.process import CommandFailed, Run

GLUSTERD = "glusterd.service"
START_S = 90
STOP_S = 120
# An issuer of a peer's certificate must be the trust anchor itself.
SWITCH_TEXT = "option transport.socket.ssl-cert-depth 1\n"


class GlusterOff(Failed):
    what = "This node's Gluster does not run"
    why = "{reason}"
    mend = "Look into /var/log/glusterfs/glusterd.log and `systemctl status glusterd` on this node, then try again"


class GlusterNotOff(Failed):
    what = "This node's Gluster was not stopped"
    why = "{reason}"
    mend = "Stop what uses it on this node (`systemctl status glusterd` shows it), then try again"


class GlusterTrust:
    """The node's key and certificate lie in `identity`; Gluster finds them and whom it trusts by fixed names in `ssl`.

    `switch` makes glusterd speak TLS only; its unit does not start without it. Gluster reads all of them anew for each
    connection: a renewed certificate needs nothing done.
    """

    def __init__(
        self,
        run: Run,
        *,
        identity: Path,
        ssl: Path = Path("/etc/ssl"),
        switch: Path = Path("/var/lib/glusterd/secure-access"),
    ) -> None:
        self._run = run
        self._key = identity / KEY
        self._switch = switch
        self._links = {ssl / "glusterfs.key": self._key, ssl / "glusterfs.pem": identity / CERTIFICATE}
        self._anchor = ssl / "glusterfs.ca"

    def establish(self, authority_pem: str) -> None:
        """Trust the nodes that `authority_pem` signed, and run. Raises GlusterOff. Safe to repeat after any crash."""
        try:
            if not self._switch.exists():
                self._run("systemctl", "stop", GLUSTERD, timeout_s=STOP_S)  # what runs without it runs in clear
            for path, target in self._links.items():
                link(path, target)
            self._trust(authority_pem, self.members(authority_pem))
            write_durable(self._switch, SWITCH_TEXT)
            self._run("systemctl", "start", GLUSTERD, timeout_s=START_S)
            self._run("systemctl", "is-active", "--quiet", GLUSTERD)  # a start that a condition forbids is no failure
        except CommandFailed as err:
            raise GlusterOff(reason=err.text.why) from err

    def allow(self, authority_pem: str, members: Sequence[str]) -> None:
        """Trust these nodes and no others from the next connection on: whoever has left the site and kept its
        certificate is none."""
        if self._anchor.exists() and self.members(authority_pem) != tuple(sorted(members)):
            self._trust(authority_pem, members)

    def members(self, authority_pem: str) -> tuple[str, ...]:
        """Whom it trusts, by name; none where nobody has said them yet, and all nodes are."""
        return permitted_names((read_or_none(self._anchor) or b"").decode(), authority_pem)

    def _trust(self, authority_pem: str, members: Sequence[str]) -> None:
        """Management asks for nothing but a trusted certificate, and the authority signs others than nodes, too."""
        names = [nodes_only(), *(x509.DNSName(name) for name in sorted(members))]
        anchor = anchor_pem(authority_pem, load_key(self._key.read_bytes()), names)
        write_durable(self._anchor, anchor, mode=0o644)

    def remove(self) -> None:
        """Trust nobody: glusterd and its bricks stop and stay off. Raises GlusterNotOff. Safe to repeat, too."""
        self._switch.unlink(missing_ok=True)
        sync_folder(self._switch.parent)
        try:
            self._run("systemctl", "stop", GLUSTERD, timeout_s=STOP_S)
        except CommandFailed as err:
            raise GlusterNotOff(reason=err.text.why) from err
        for path in (*self._links, self._anchor):
            path.unlink(missing_ok=True)
