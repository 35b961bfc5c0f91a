"""The section `dns-resolver`."""

from netconf.document.reader import Reader, why_bad_ip
from netconf.model import Dns


def read_dns(section: Reader) -> Dns | None:
    section.only({"config", "running"})
    config = section.section("config")
    if config is None:
        return None
    config.only({"server", "search", "options"})
    config.not_yet("options")
    return Dns(servers=config.texts("server", why_bad_ip), search=config.texts("search", _why_bad_domain))


def render_dns(dns: Dns) -> dict[str, object]:
    return {"config": {"server": list(dns.servers), "search": list(dns.search)}}


def _why_bad_domain(domain: str) -> str | None:
    good = 0 < len(domain) < 254 and all(char.isalnum() or char in "-._~" for char in domain)
    return None if good else f"{domain!r} is not a domain name"
