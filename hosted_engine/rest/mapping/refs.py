"""References between objects: `id` and `href`, and the paths that hrefs are made of."""

from datetime import UTC, datetime

from hosted_engine.rest.media.wire import Wire

ROOT = "/ovirt-engine/api"


def ref(*path: str) -> Wire:
    """ref("vms", "1") -> {"id": "1", "href": "/ovirt-engine/api/vms/1"}"""
    return {"id": path[-1], "href": "/".join((ROOT, *path))}


def ref_or_none(collection: str, identity: str | None) -> Wire | None:
    return ref(collection, identity) if identity else None


def when(seconds: float | None) -> datetime | None:
    """Seconds since the epoch as a date; never is None."""
    return datetime.fromtimestamp(seconds, tz=UTC) if seconds else None
