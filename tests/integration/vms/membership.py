"""Makes the machine a member of a site, as far as libvirt and QEMU know of one: the files that the agent keeps."""

from pathlib import Path

from hosted_engine.authority import make_authority, make_pair
from node.api.messages.identity import Role
from node.registration.credentials import AUTHORITY, CERTIFICATE, KEY

ADDRESS = "192.0.2.1"  # of the management network (machine.sh)


def become_member() -> str:
    """Of a new site; its authority's certificate."""
    authority = make_authority("site")
    pair = make_pair(authority, Role.NODE, "node1", names=(ADDRESS,))
    folder = Path("/var/lib/trivet/node")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, text in ((AUTHORITY, authority.certificate), (CERTIFICATE, pair.certificate), (KEY, pair.key)):
        (folder / name).write_text(text)
    return authority.certificate
