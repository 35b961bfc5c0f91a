"""Which name servers the C library asks: resolv.conf, read and written; what it says beside them stays; pure."""

from netconf.model import Dns

_OURS = ("nameserver", "search", "domain")


def read(text: str) -> Dns:
    servers: list[str] = []
    search: tuple[str, ...] = ()
    for line in text.splitlines():
        word, *rest = (*line.split(), "")
        if word == "nameserver" and rest[0]:
            servers.append(rest[0])
        elif word in ("search", "domain"):  # the last one counts
            search = tuple(rest[:-1])
    return Dns(tuple(servers), search)


def write(dns: Dns, earlier: str) -> str:
    """`earlier` is what there was."""
    kept = [line for line in earlier.splitlines() if (line.split() or [""])[0] not in _OURS]
    said = [f"search {' '.join(dns.search)}"] if dns.search else []
    said += [f"nameserver {server}" for server in dns.servers]
    return "".join(f"{line}\n" for line in (*kept, *said))
