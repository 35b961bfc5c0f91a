"""The machines of the site by name: a block of the node's own in /etc/hosts."""

from ipaddress import ip_address
from pathlib import Path

from node.api.messages.network import NamesRequest
from node.api.refusals import Malformed, token
from node.system.files import read_or_none, write_durable

BEGIN = "# begin of the machines of this site, written by trivet-node"
END = "# end of the machines of this site"


def with_block(hosts: str, names: dict[str, str]) -> str:
    """`hosts` with the block replaced, or added at its end; without names no block. Pure. What others wrote stays."""
    kept = _outside(hosts)
    block = [BEGIN, *(f"{address}\t{name}" for name, address in sorted(names.items())), END] if names else []
    return "\n".join([*kept, *block]) + "\n"


def read_block(hosts: str) -> dict[str, str]:
    """Name → address of the block; pure."""
    found: dict[str, str] = {}
    inside = False
    for line in hosts.splitlines():
        if line in (BEGIN, END):
            inside = line == BEGIN
        elif inside and len(fields := line.split()) == 2:
            found[fields[1]] = fields[0]
    return found


class Names:
    def __init__(self, hosts_file: Path = Path("/etc/hosts")) -> None:
        self._file = hosts_file

    def names(self) -> NamesRequest:
        return NamesRequest(names=read_block(self._text()))

    def set_names(self, request: NamesRequest) -> None:
        for name, address in request.names.items():
            token("machine name", name)
            _check_address(name, address)
        before = self._text()
        after = with_block(before, request.names)
        if after != before:
            write_durable(self._file, after, mode=0o644)

    def _text(self) -> str:
        return (read_or_none(self._file) or b"").decode(errors="surrogateescape")


def _outside(hosts: str) -> list[str]:
    kept: list[str] = []
    inside = False
    for line in hosts.splitlines():
        if line == BEGIN:
            inside = True
        elif line == END:
            inside = False
        elif not inside:
            kept.append(line)
    return kept


def _check_address(name: str, address: str) -> None:
    try:
        ip_address(address)
    except ValueError as err:
        raise Malformed(reason=f"{address!r}, the address of {name}, is not an IP address") from err
