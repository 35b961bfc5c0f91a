"""Where this machine takes Debian from: its own apt configuration, so that no image source names a registry."""

import re
from dataclasses import dataclass

from node.api.problems import Refused
from node.system.process import Run

SUITE = "trixie"
KEYRINGS = "/usr/share/keyrings"


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


def choose(index_targets: str) -> Mirrors:
    """From the output of `apt-get indextargets`. Lists that were never fetched have no Origin and no Label: the names
    of the suites have to do then. Raises NoMirror."""
    main = security = None
    for target in _stanzas(index_targets):
        if target.get("Created-By") != "Packages" or "main" not in target.get("Component", ""):
            continue
        uri, suite = target.get("Repo-URI", "").rstrip("/"), target.get("Release", "")
        if not uri or target.get("Origin", "Debian") != "Debian":
            continue
        if target.get("Label") == "Debian-Security" or suite.endswith(("-security", "/updates")):
            security = security or uri
        elif target.get("Label", "Debian") == "Debian" and re.fullmatch(r"[a-z]+(-updates)?", suite):
            main = main or uri
    if main is None:
        raise NoMirror()
    return Mirrors(main, security)


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


def observe(run: Run) -> Mirrors:
    return choose(run("apt-get", "indextargets"))


def observe_settings(run: Run) -> tuple[str, ...]:
    return settings(run("apt-config", "dump"))
