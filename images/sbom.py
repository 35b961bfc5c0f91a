"""The software bill of materials of a root tree, as CycloneDX 1.5 JSON (https://cyclonedx.org/docs/1.5/json/)."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

_DPKG = "var/lib/dpkg/status"


def sbom(root: Path, version: str, date: int) -> bytes:
    """Debian's packages and Python's distributions in `root`, in order of their names; the same for the same tree."""
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, f'trivet/{version}')}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(date, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {"type": "operating-system", "name": "trivet-node", "version": version},
        },
        "components": sorted([*_packages(root), *_distributions(root)], key=lambda one: one["purl"]),
    }
    return json.dumps(document, indent=1).encode() + b"\n"


def _packages(root: Path) -> Iterator[dict[str, Any]]:
    for block in (root / _DPKG).read_text().split("\n\n"):
        fields = dict(re.findall(r"^([A-Za-z-]+): (.*)$", block, re.MULTILINE))
        if fields.get("Status") != "install ok installed":
            continue
        name, version, architecture = fields["Package"], fields["Version"], fields["Architecture"]
        purl = f"pkg:deb/debian/{name}@{_quoted(version)}?arch={architecture}&distro=trixie"
        yield {"type": "library", "name": name, "version": version, "purl": purl}


def _distributions(root: Path) -> Iterator[dict[str, Any]]:
    folders = sorted(str(path) for path in root.glob("opt/*/venv/lib/python3*/site-packages"))
    for found in distributions(path=folders):
        name = re.sub(r"[-_.]+", "-", found.metadata["Name"]).lower()
        yield {"type": "library", "name": name, "version": found.version, "purl": f"pkg:pypi/{name}@{found.version}"}


def _quoted(version: str) -> str:
    return version.replace("+", "%2B").replace(":", "%3A")
