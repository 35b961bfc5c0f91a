"""TLS to a directory as everywhere in Python: the certificate has to be of the given authority, and of the name or
address that was asked for. ldap3's own check takes old protocols, and does not know addresses on newer Pythons."""

import ssl
from typing import Any

from ldap3 import Tls


class StrictTls(Tls):
    def __init__(self, authority_pem: str, timeout_s: float) -> None:
        """Raises ssl.SSLError where there is no certificate in it."""
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._context = ssl.create_default_context(cadata=authority_pem)
        self._timeout_s = timeout_s

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
        """Both LDAPS and StartTLS come here."""
        connection.socket.settimeout(self._timeout_s)  # a server that is silent in the handshake, too
        connection.socket = self._context.wrap_socket(
            connection.socket, server_hostname=connection.server.host, do_handshake_on_connect=do_handshake
        )
