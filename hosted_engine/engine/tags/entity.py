"""Tags: words that an administrator groups VMs, hosts, templates and users by; they stand in a tree."""

from dataclasses import dataclass
from typing import Annotated

from hosted_engine.engine.entity.declaration import ALL, Entity, Place, Within
from hosted_engine.engine.entity.events import Events, events
from hosted_engine.engine.entity.field import Field, OnRemove, Reference, name_rule
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import WrongState
from hosted_engine.engine.search.terms import Of, path

ROOT_TAG_ID = "00000000-0000-0000-0000-000000000000"  # oVirt's: the tree's root, `root`


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    id: str
    name: Annotated[str, Field("name", search="name", length=50, rule=name_rule())]
    description: Annotated[str, Field("description", search="description", length=4000)] = ""
    parent_id: Annotated[str | None, Reference("parent", to="tags", on_remove=OnRemove.CASCADE)] = None


class TagEntity(Entity[Tag]):
    def check(self, tx: Transaction, item: Tag, before: Tag | None) -> None:
        """A tag does not stand below itself."""
        above, seen = item.parent_id, {item.id}
        while above is not None:
            if above in seen:
                raise WrongState(
                    action="move",
                    kind=self.kind,
                    name=item.name,
                    reason="it would stand below itself",
                    mend="Choose a parent that is not among its own tags",
                )
            seen.add(above)
            parent = tx.of(Tag).get(above)
            above = parent.parent_id if parent else None


TAGS = TagEntity(
    Tag,
    "tags",
    kind="tag",
    type="Tag",
    path="tags",
    places=(Place(("Tags", "Tag")),),
    unique=(("name",),),
    events=events("TAG", "Tag"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TagAssignment:
    """`owner_id` is what has the tag."""

    id: str
    tag_id: Annotated[str, Reference(to="tags", on_remove=OnRemove.CASCADE)]
    owner_id: Annotated[
        str,
        Reference(
            to=("vms", "nodes", "templates", "users", "groups"), on_remove=OnRemove.CASCADE, strict=False, index=True
        ),
    ]


def _on(name: str, table: str, word: str, event: str) -> Place:
    return Place(
        ("AssignedTags", "AssignedTag"),
        within={name: Within(table, "owner_id")},
        shows="tag_id",
        key="tag_id",
        methods=ALL - {"update"},
        events=Events(
            EventKind(f"USER_ATTACH_TAG_TO_{event}", f"{{user}} put a tag on {word}."),
            remove=EventKind(f"USER_DETACH_{event}_FROM_TAG", f"{{user}} took a tag off {word}."),
        ),
    )


TAG_ASSIGNMENTS = Entity(
    TagAssignment,
    "tag_assignments",
    kind="tag",
    type="Tag",
    places=(
        _on("vm", "vms", "a VM", "VM"),
        _on("host", "nodes", "a host", "VDS"),
        _on("template", "templates", "a template", "TEMPLATE"),
        _on("user", "users", "a user", "USER"),
        _on("group", "groups", "a group", "USER_GROUP"),
    ),
    order="id",
    unique=(("owner_id", "tag_id"),),
)

# What VMs, hosts, templates and users are found by: a tag means those below it as well.
TAG = Of(path("tag_assignments.owner_id", "tag_id"), "name", below="parent_id")
