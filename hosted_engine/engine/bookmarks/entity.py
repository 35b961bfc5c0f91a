"""Bookmarks: searches that are kept under a name."""

from dataclasses import dataclass
from typing import Annotated

from hosted_engine.engine.entity.declaration import Entity, Place
from hosted_engine.engine.entity.events import events
from hosted_engine.engine.entity.field import Field


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookmark:
    """`value` is the search with the word for what it finds: `Vms: status=up`."""

    id: str
    name: Annotated[str, Field("name", length=40)]
    value: Annotated[str, Field("value", length=300)]


BOOKMARKS = Entity(
    Bookmark,
    "bookmarks",
    kind="bookmark",
    type="Bookmark",
    path="bookmarks",
    places=(Place(("Bookmarks", "Bookmark")),),
    unique=(("name",),),
    events=events("BOOKMARK", "Bookmark"),
)
