"""Who this machine is by its own files: name, key, claim code, site. Works without the agent, without network."""

from pathlib import Path

from hosted_engine.deploy.here import organisation
from installer.console.model import Own
from node.config import Config
from node.registration.credentials import AUTHORITY, CERTIFICATE
from node.registration.membership import CLAIM
from node.system.files import read_or_none
from node.tls import certificate_fingerprint


def read_own(settings: Config) -> Own:
    """Raises OSError where the files are not ours to read, ValueError for a damaged certificate."""
    folder = settings.own_folder
    certificate = _text(folder / CERTIFICATE)
    authority = _text(folder / AUTHORITY)
    return Own(
        name=settings.node_name,
        fingerprint=certificate_fingerprint(certificate) if certificate else "",
        claim_code="" if authority else _text(folder / CLAIM).strip(),
        site=organisation(authority) if authority else None,
    )


def _text(path: Path) -> str:
    return (read_or_none(path) or b"").decode()
