"""References between objects: `id` and `href`, and the paths that hrefs are made of."""

from collections.abc import Sequence
from datetime import UTC, datetime

from hosted_engine.rest.media.wire import Wire
from hosted_engine.rest.problems import Incomplete

ROOT = "/ovirt-engine/api"


def ref(*path: str) -> Wire:
    """ref("vms", "1") -> {"id": "1", "href": "/ovirt-engine/api/vms/1"}"""
    return {"id": path[-1], "href": "/".join((ROOT, *path))}


def ref_or_none(collection: str, identity: str | None) -> Wire | None:
    return ref(collection, identity) if identity else None


def when(seconds: float | None) -> datetime | None:
    """Seconds since the epoch as a date; never is None."""
    return datetime.fromtimestamp(seconds, tz=UTC) if seconds else None


def require(body: Wire, type_name: str, method: str, *paths: str) -> None:
    """Raise Incomplete, in oVirt's words, unless `body` has all of `paths`: "name", "cluster.id|name"."""
    missing = [path for path in paths if not _has(body, path)]
    if missing:
        raise Incomplete(type=type_name, missing=", ".join(missing), method=method)


def _has(body: Wire, path: str) -> bool:
    *holders, last = path.split(".")
    for holder in holders:
        inner = body.get(holder)
        body = (inner[0] if inner else {}) if isinstance(inner, list) else inner or {}
    return any(body.get(name) not in (None, "") for name in last.split("|"))


def first(items: Sequence[Wire] | None) -> Wire:
    return items[0] if items else {}
