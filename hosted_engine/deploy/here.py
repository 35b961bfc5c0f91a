"""What this machine knows of the site that it is a member of, from its own files and the engine volume."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeVar

from cryptography import x509

from hosted_engine.deploy.folder import RECOVERY_FILE, Folder
from hosted_engine.ha import site_files
from hosted_engine.ha.site_files import HaSite, SiteFileDamaged
from node.api.messages.mounts import HOSTED_ENGINE
from node.api.problems import Refused
from node.config import Config
from node.storage import layout
from node.system.files import read_or_none

T = TypeVar("T")

VOLUME_S = 30.0  # a volume that has lost its bricks answers nothing, for ever

RECOVER = "trivet deploy --recover, with the recovery code that the first deploy has shown"


class MemberOfSite(Refused):
    what = "Nothing was begun"
    why = "{node} is a member of {site} already, and {missing}"
    mend = "{mend}"


class NoSite(Refused):
    what = "Nothing was recovered"
    why = "this machine is a member of no site"
    mend = "Run it on a node of the site that is to be recovered"


class NoRecoveryFile(Refused):
    what = "Nothing was recovered"
    why = "{node} is a member of {site}, and its recovery file cannot be read: {reason}"
    mend = "See that volume engine is mounted and has its bricks, or run the deploy on the node it ran on before"


@dataclass(frozen=True, slots=True)
class Here:
    """`authority` is the certificate of the site's authority. `described` is None, and `recovery` too, where volume
    engine does not say; `trouble` says why."""

    node: str
    authority: str
    described: HaSite | None = None
    recovery: bytes | None = None
    trouble: str = ""

    @property
    def site(self) -> str:
        """In words, with all that is known."""
        if self.described is None:
            return f"site {organisation(self.authority)}"
        site = self.described
        nodes = ", ".join(node.name for node in site.nodes)
        return f"site {site.name} (nodes {nodes}; engine {site.engine.name} at {site.engine.address})"


def observe_here(settings: Config) -> Here | None:
    """None where this machine is a member of no site."""
    authority = read_or_none(settings.own_folder / "ca.pem")
    if authority is None:
        return None
    here = Here(settings.node_name, authority.decode())
    folder = Path(layout.site_files(PurePosixPath(settings.volumes), HOSTED_ENGINE))
    found = within(VOLUME_S, lambda: _observe_volume(here, folder))
    return found or Here(here.node, here.authority, trouble="volume engine does not answer")


def why_not_deploy(here: Here | None, folder: Folder) -> MemberOfSite | None:
    """Why a deploy from `folder` would work over a living site that it does not know; None when it may begin."""
    if here is None:
        return None
    own = folder.authority().certificate.strip()
    if folder.has_decisions() and own == here.authority.strip():
        return None
    missing = f"the keys in {folder.path} are those of another one"
    if not own or not folder.has_decisions():
        missing = f"{folder.path} lacks its {'keys' if folder.has_decisions() else 'decisions and keys'}"
    mend = f"Run: {RECOVER}; then run this again"
    if here.recovery is None:
        mend = f"Run the deploy on the node that it ran on before: there is nothing to recover from ({here.trouble})"
    return MemberOfSite(node=here.node, site=here.site, missing=missing, mend=mend)


def within(limit_s: float, ask: Callable[[], T]) -> T | None:
    """What `ask` answers; None when it takes too long. A thread that a dead mount holds dies with the process."""
    found: list[T] = []
    thread = threading.Thread(target=lambda: found.append(ask()), daemon=True)
    thread.start()
    thread.join(limit_s)
    return found[0] if found else None


def _observe_volume(here: Here, folder: Path) -> Here:
    described, trouble = None, ""
    try:
        if (text := read_or_none(folder / site_files.SITE_FILE)) is not None:
            described = site_files.parse_site(text)
        recovery = read_or_none(folder / RECOVERY_FILE)
    except SiteFileDamaged as err:
        recovery, trouble = read_or_none(folder / RECOVERY_FILE), str(err)
    except OSError as err:
        return Here(here.node, here.authority, described, trouble=str(err))
    if recovery is None:
        trouble = f"there is no {folder / RECOVERY_FILE}"
    return Here(here.node, here.authority, described, recovery, trouble)


def organisation(certificate: str) -> str:
    """The site's name, as the authority has it."""
    try:
        subject = x509.load_pem_x509_certificate(certificate.encode()).subject
    except ValueError:
        return "of an authority that cannot be read"
    names = subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
    return str(names[0].value) if names else "without a name"
