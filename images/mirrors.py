"""Where this machine takes Debian from: its own apt configuration, so that no image source names a registry."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from node.api.problems import Refused
from node.system.process import Run

SUITE = "trixie"
DEBIAN_SUITE = re.compile(
    r"(stable|oldstable|testing|unstable|sid|bookworm|trixie|forky|duke)([-/](updates|security|backports))?"
)


class NoMirror(Refused):
    what = "Cannot build an image"
    why = "apt on this machine has no source that serves Debian"
    mend = "Add a Debian source below /etc/apt, run apt-get update, and try again"


@dataclass(frozen=True, slots=True)
class Mirrors:
    """Base addresses of the archives; no `security` when the machine has none."""

    main: str
    security: str | None = None

    def sources(self) -> tuple[str, ...]:
        """The lines of a sources.list for SUITE."""
        lines = [f"deb {self.main} {SUITE} main", f"deb {self.main} {SUITE}-updates main"]
        if self.security:
            lines.append(f"deb {self.security} {SUITE}-security main")
        return tuple(lines)


def choose(index_targets: str) -> Mirrors | None:
    """From the output of `apt-get indextargets`. Without the lists' own word (Origin) only the names that Debian gives
    its releases count as Debian's."""
    main = security = None
    for target in _stanzas(index_targets):
        uri, suite = target.get("Repo-URI", "").rstrip("/"), target.get("Release", "")
        if not uri or not _is_debian(target, suite):
            continue
        if suite.endswith(("-security", "/updates")):
            security = security or uri
        elif not suite.endswith(("-backports", "-proposed-updates", "-backports-sloppy")):
            main = main or uri
    return Mirrors(main, security) if main else None


def _is_debian(target: dict[str, str], suite: str) -> bool:
    if target.get("Created-By") != "Packages" or target.get("Component") not in ("main", "updates/main"):
        return False
    return target["Origin"] == "Debian" if "Origin" in target else bool(DEBIAN_SUITE.fullmatch(suite))


def _stanzas(text: str) -> list[dict[str, str]]:
    blocks = re.split(r"\n\s*\n", text.strip())
    return [dict(re.findall(r"^([A-Za-z0-9-]+): ?(.*)$", block, re.MULTILINE)) for block in blocks]


def settings(apt_config_dump: str) -> tuple[str, ...]:
    """The lines of `apt-config dump` that decide whether the mirrors can be reached and are believed (proxies, private
    certificate authorities, dates)."""
    wanted = re.compile(
        r"^Acquire::(?:(?:https?|ftp|tor)::\S*(?:proxy\S*|cainfo|capath|sslcert|sslkey|verify-\S+|timeout)|Retries"
        r"|Check-Valid-Until|Check-Date|Max-FutureTime|AllowInsecureRepositories)\s",
        re.IGNORECASE,
    )
    return tuple(line for line in apt_config_dump.splitlines() if wanted.match(line) and '""' not in line)


def private_hosts(mirrors: Mirrors) -> list[str]:
    """Host names of the mirrors that Debian's own packages do not mention anyway."""
    hosts = {urlsplit(uri).hostname for uri in (mirrors.main, mirrors.security) if uri}
    return sorted(host for host in hosts if host and not host.endswith(".debian.org"))


def observe(run: Run) -> Mirrors:
    """Raises NoMirror. The second question is for a machine that never ran apt-get update."""
    for options in ((), ("--no-release-info",)):
        if found := choose(run("apt-get", "indextargets", *options)):
            return found
    raise NoMirror()


def observe_settings(run: Run) -> tuple[str, ...]:
    return settings(run("apt-config", "dump"))
