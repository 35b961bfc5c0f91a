"""The engine's own TLS, as client of nodes and as server, with certificates that are renewed while it runs."""

import ssl

from hosted_engine.authority import KeyPair, SiteAuthority
from hosted_engine.config import Config
from node.system.files import write_durable
from node.tls import client_context, disregard_time


class EngineTls:
    """`clients` is for nodes, `out_of_time` for those whose certificates are not valid at this time, `serving` for
    everybody."""

    def __init__(self, settings: Config) -> None:
        self._settings = settings
        files = (settings.certificate, settings.key, settings.authority)
        self.clients, self.out_of_time = client_context(*files), client_context(*files)
        disregard_time(self.out_of_time)
        self.serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.serving.minimum_version = ssl.TLSVersion.TLSv1_2  # older clients of oVirt speak nothing newer
        self.serving.load_cert_chain(settings.certificate, settings.key)

    def authority(self) -> SiteAuthority:
        """Without its key all goes on but for new nodes and renewals."""
        settings = self._settings
        key = settings.authority_key.read_text() if settings.authority_key.exists() else ""
        pair = KeyPair(key, settings.authority.read_text())
        return SiteAuthority(pair, settings.certificate.read_text(), self._save)

    def _save(self, authority_pem: str, engine_pem: str) -> None:
        """On the disk first; then they count for all new connections."""
        settings = self._settings
        write_durable(settings.authority, authority_pem, mode=0o644)
        write_durable(settings.certificate, engine_pem, mode=0o644)
        for context in (self.clients, self.out_of_time, self.serving):
            context.load_cert_chain(settings.certificate, settings.key)
        for context in (self.clients, self.out_of_time):
            context.load_verify_locations(cadata=authority_pem)
