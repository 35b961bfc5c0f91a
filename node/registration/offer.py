"""What a machine that belongs to no site brings along: whoever makes a site of it need not type it."""

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from socket import AF_INET

from pyroute2 import IPRoute

from node.api.messages.identity import Offer, OfferedAddress

MOUNTS, RESOLVER = Path("/proc/self/mountinfo"), Path("/etc/resolv.conf")
BRICK_FILE_SYSTEMS = ("xfs", "ext4", "btrfs")
_GLOBAL = 0  # RT_SCOPE_UNIVERSE
_MAIN = 254


def read_offer() -> Offer:
    """Of this machine. What cannot be read is left out."""
    addresses, gateway = _network()
    return Offer(
        addresses=addresses,
        gateway=gateway,
        dns=tuple(name_servers(_text(RESOLVER))),
        mounts=tuple(brick_mounts(_text(MOUNTS))),
    )


def brick_mounts(mountinfo: str) -> Iterator[str]:
    """Where whole file systems are mounted that can hold bricks, from proc_pid_mountinfo(5); pure. `/` and what is
    bound from elsewhere are none."""
    found: dict[str, None] = {}
    for line in mountinfo.splitlines():
        left, dash, right = line.partition(" - ")
        fields = left.split()
        if not dash or len(fields) < 5:
            continue
        root, point, kind = fields[3], _unescaped(fields[4]), right.split()[0]
        if root == "/" and point != "/" and kind in BRICK_FILE_SYSTEMS:
            found[point] = None
    return iter(found)


def name_servers(resolv_conf: str) -> Iterator[str]:
    """IPv4 addresses of name servers in resolv.conf(5), but no stub of this machine's own; pure."""
    for line in resolv_conf.splitlines():
        words = line.split()
        if len(words) >= 2 and words[0] == "nameserver":
            try:
                address = ip_address(words[1])
            except ValueError:
                continue
            if address.version == 4 and not address.is_loopback:
                yield str(address)


def _network() -> tuple[tuple[OfferedAddress, ...], str | None]:
    try:
        with IPRoute() as route:
            names = {link["index"]: link.get_attr("IFLA_IFNAME") for link in route.get_links()}
            found = tuple(
                OfferedAddress(nic=names[one["index"]], address=f"{one.get_attr('IFA_LOCAL')}/{one['prefixlen']}")
                for one in route.get_addr(family=AF_INET)
                if one["scope"] == _GLOBAL and one["index"] in names
            )
            ways = [one.get_attr("RTA_GATEWAY") for one in route.get_default_routes(family=AF_INET, table=_MAIN)]
    except OSError:
        return (), None
    return found, next((way for way in ways if way), None)


def _unescaped(text: str) -> str:
    """Blanks and the like stand as octal numbers."""
    for code in ("\\040", "\\011", "\\012", "\\134"):
        text = text.replace(code, chr(int(code[1:], 8)))
    return text


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
