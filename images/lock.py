"""Versions and sums of all wheels of the images (`configuration/wheels.lock`): one commit always fetches the same.

Lines as pip reads them, `name==version --hash=sha256:…`; made anew by `trivet image lock` when a dependency changes.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_sdist_filename, parse_wheel_filename

from images import project
from node.api.problems import Refused

LOCK = project.CONFIGURATION / "wheels.lock"
SOURCES = project.CONFIGURATION / "sources.lock"  # what there is no wheel of
_HEAD = "# Every wheel of the images' Python, as `trivet image lock` found them. Not edited by hand.\n"


class StaleLock(Refused):
    what = "Cannot fetch the Python packages for the images"
    why = "images/configuration/wheels.lock has {missing}"
    mend = "Make it anew with `./trivet image lock`, and look at the difference"


def text_of(wheels: Iterable[Path]) -> str:
    lines = [
        f"{name}=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"
        for wheel in wheels
        for name, version, *_ in (
            (parse_wheel_filename if wheel.suffix == ".whl" else parse_sdist_filename)(wheel.name),
        )
    ]
    return _HEAD + "".join(sorted(lines))


def versions(text: str) -> dict[str, str]:
    """Name -> version."""
    lines = (line.split()[0] for line in text.splitlines() if line and not line.startswith("#"))
    return dict(line.split("==") for line in lines)


def check(text: str, requirements: Iterable[str]) -> None:
    """Raises StaleLock where it does not have what is required."""
    locked = versions(text)
    missing = []
    for requirement in map(Requirement, requirements):
        version = locked.get(canonicalize_name(requirement.name))
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            missing.append(
                f"{(version and f'{version} of ') or 'no '}{requirement.name} where {requirement} is asked for"
            )
    if missing:
        raise StaleLock(missing="; ".join(missing))


def changes(before: str, after: str) -> list[str]:
    """What is otherwise, a line each."""
    was, now = versions(before), versions(after)
    both = sorted(was.keys() | now.keys())
    return [
        f"{name}: {was.get(name, 'new')} -> {now.get(name, 'gone')}" for name in both if was.get(name) != now.get(name)
    ]
