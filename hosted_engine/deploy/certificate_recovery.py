"""New certificates for a node whose own have run out, or are damaged, while no engine can renew them.

Gluster looks at the time: after a jump of the clocks past five years the nodes do not trust each other, and the
engine's volume is not there. The site's authority lies sealed on that volume; a brick of it is read as the folder that
it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePosixPath

from hosted_engine.authority import KeyPair, is_due, renewed_authority, sign_node, why_not_good
from hosted_engine.deploy.folder import AUTHORITY, RECOVERY_FILE
from hosted_engine.deploy.here import VOLUME_S, within
from hosted_engine.deploy.recovery import RecoveryDamaged, site_of
from node.api.messages.identity import Claim
from node.api.messages.mounts import HOSTED_ENGINE
from node.api.problems import Refused
from node.config import Config
from node.registration.credentials import is_same_authority
from node.storage import layout
from node.system.files import read_or_none

GLUSTERD = Path("/var/lib/glusterd")


class NothingFound(Refused):
    what = "No certificate was made"
    why = "no recovery file of the site was found on this node: {places}"
    mend = "Bring recovery.json from another node that has a brick of volume engine, and give it as --file"


class OtherSite(Refused):
    what = "No certificate was made"
    why = "the recovery file is of another site's authority than this node's"
    mend = "Give that of this node's own site as --file"


def find_recovery_file(settings: Config, deploy_folder: Path, glusterd: Path = GLUSTERD) -> tuple[Path, bytes]:
    """The first that can be read; its seal is not looked at. Raises NothingFound."""
    tried = []
    for path in places(settings, deploy_folder, glusterd):
        tried.append(str(path))
        text = within(VOLUME_S, partial(_read, path))
        if text:
            return path, text
    raise NothingFound(places=", ".join(tried))


def places(settings: Config, deploy_folder: Path, glusterd: Path) -> Iterator[Path]:
    """Bricks first: they answer when the volume does not."""
    for brick in local_bricks(glusterd, settings.node_name):
        yield brick / "ha" / RECOVERY_FILE
    yield deploy_folder / RECOVERY_FILE
    yield Path(layout.site_files(PurePosixPath(settings.volumes), HOSTED_ENGINE)) / RECOVERY_FILE


def local_bricks(glusterd: Path, node_name: str) -> Iterator[Path]:
    """Of all volumes, as glusterd has written them down: a file per brick, with `hostname=` and `path=`."""
    for file in sorted(glusterd.glob("vols/*/bricks/*")):
        pairs = (line.partition("=") for line in file.read_text(errors="replace").splitlines())
        values = {key: value for key, _, value in pairs}
        if values.get("hostname") == node_name and values.get("path"):
            yield Path(values["path"])


def make_claim(
    content: Mapping[str, str],
    own_authority: str | None,
    request_pem: str,
    name: str,
    addresses: Sequence[str],
    now: float,
) -> Claim:
    """For the key of the request, valid from now on, under the site's authority, which is renewed where that is due.
    `content` is that of the recovery file; `own_authority` None where the node's copy is damaged. Raises OtherSite,
    RecoveryDamaged."""
    pair = KeyPair(content.get(f"{AUTHORITY}.key", ""), content.get(f"{AUTHORITY}.crt", ""))
    if (reason := why_not_good(pair, pair.certificate)) is not None:
        raise RecoveryDamaged(reason=f"the authority in it cannot be used: {reason}")
    if own_authority is not None and not is_same_authority(own_authority, pair.certificate):
        raise OtherSite
    at = datetime.fromtimestamp(now, UTC)
    authority = renewed_authority(pair, now=at) if is_due(pair.certificate, now) else pair
    pem = sign_node(authority, request_pem, name, addresses=addresses, now=at)
    return Claim(certificate_pem=pem, authority_pem=authority.certificate)


def _read(path: Path) -> bytes | None:
    """None also for what is no recovery file: another brick may have a whole one."""
    try:
        text = read_or_none(path)
        if text is not None:
            site_of(text)
        return text
    except (OSError, RecoveryDamaged):
        return None
