"""The section `dns-resolver`."""

from collections import Counter

from netconf.document.reader import Reader, as_interface, short_ip, why_bad_host
from netconf.model import Dns


def read_dns(section: Reader) -> Dns | None:
    section.only({"config", "running"})
    config = section.section("config")
    if config is None:
        return None
    config.only({"server", "search", "options"})
    config.not_yet("options")
    servers = config.texts("server", _why_bad_server)
    for server, times in Counter(map(short_ip, servers)).items():
        if times > 1:
            config.wrong("server", f"{server} is named twice")
    return Dns(
        servers=tuple(short_ip(server) or server for server in servers), search=config.texts("search", _why_bad_domain)
    )


def render_dns(dns: Dns) -> dict[str, object]:
    return {"config": {"server": list(dns.servers), "search": list(dns.search)}}


def _why_bad_server(ip: str) -> str | None:
    """One that runs on this machine is fine."""
    parsed = as_interface(ip)
    return None if parsed is not None and parsed.is_loopback and "/" not in ip else why_bad_host(ip)


def _why_bad_domain(domain: str) -> str | None:
    good = 0 < len(domain) < 254 and all(char.isalnum() or char in "-._~" for char in domain)
    return None if good else f"{domain!r} is not a domain name"
