"""The version of an image: the project's, with the time of the last commit that changed what goes into it."""

import os
from datetime import UTC, datetime

from images import project
from images.store import key_of
from node.api.problems import Refused
from node.system.process import CommandFailed, Run

_INPUTS = ("pyproject.toml", "netconf", "gluster", "node", "hosted_engine", "installer", "images")
_SOURCE_DATE = "SOURCE_DATE_EPOCH"  # reproducible-builds.org's word for it


class NoTime(Refused):
    what = "Cannot tell the version of the image"
    why = "the project is no git checkout, and SOURCE_DATE_EPOCH is not set"
    mend = "Build from a clone, or set SOURCE_DATE_EPOCH to the time of the sources in seconds since 1970"


def source_date(run: Run) -> int:
    """Seconds since 1970: what every file of an image is dated with."""
    if _SOURCE_DATE in os.environ:
        return int(os.environ[_SOURCE_DATE])
    try:
        said = run("git", "-C", str(project.ROOT), "log", "-1", "--format=%ct", "--", *_INPUTS).strip()
    except CommandFailed:
        said = ""
    if not said:
        raise NoTime
    return int(said)


def version(run: Run) -> str:
    """Such as 0.1.0.202611301104; with changes that are not committed also with the key of what there is."""
    time = datetime.fromtimestamp(source_date(run), UTC)
    found = f"{project.version()}.{time:%Y%m%d%H%M}"
    return f"{found}.d{_sources_key()[:6]}" if _is_changed(run) else found


def _is_changed(run: Run) -> bool:
    try:
        return bool(run("git", "-C", str(project.ROOT), "status", "--porcelain", "--", *_INPUTS).strip())
    except CommandFailed:
        return False


def _sources_key() -> str:
    return key_of(project.sources_key(), project.key_below(project.ROOT / "images"))
