"""Affinity labels: a VM whose labels bind it runs only on hosts that have all of them."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, TypeVar

import msgspec

from hosted_engine.engine.command import Command, Context
from hosted_engine.engine.entity.commands import AddEntity
from hosted_engine.engine.entity.declaration import ALL, Entity, Options, Place, Values, Within
from hosted_engine.engine.entity.events import Events
from hosted_engine.engine.entity.field import Field, OnRemove, Reference, Settable, name_rule
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.ports import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class AffinityLabel:
    """It binds, with `has_implicit_affinity_group` in the API, or only says what belongs together: the default, as in
    oVirt since 4.4."""

    id: str
    name: Annotated[str, Field("name", length=50, rule=name_rule(extra="._-"))]
    binds: Annotated[bool, Field("has_implicit_affinity_group")] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VmLabel:
    id: str
    label_id: Annotated[str, Reference(to="affinity_labels", on_remove=OnRemove.CASCADE)]
    owner_id: Annotated[str, Reference(to="vms", on_remove=OnRemove.CASCADE)]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeLabel:
    id: str
    label_id: Annotated[str, Reference(to="affinity_labels", on_remove=OnRemove.CASCADE)]
    owner_id: Annotated[str, Reference(to="nodes", on_remove=OnRemove.CASCADE)]


Assignment = TypeVar("Assignment", VmLabel, NodeLabel)


def binding_labels(tx: Transaction, kind: type[Assignment], owners: Collection[str]) -> Mapping[str, frozenset[str]]:
    """The names of the labels that bind, of each of `owners` that has some."""
    assigned = tx.of(kind).list(owner_id=tuple(owners))
    labels = tx.of(AffinityLabel).find([one.label_id for one in assigned])
    names: defaultdict[str, set[str]] = defaultdict(set)
    for one in assigned:
        if labels[one.label_id].binds:
            names[one.owner_id].add(labels[one.label_id].name)
    return {owner: frozenset(found) for owner, found in names.items()}


class AddAffinityLabel(AddEntity, frozen=True, kw_only=True):
    """With what has it from the beginning."""

    vm_ids: tuple[str, ...] = ()
    node_ids: tuple[str, ...] = ()

    def finish(self, tx: Transaction, context: Context) -> None:
        super().finish(tx, context)
        for vm_id in dict.fromkeys(self.vm_ids):
            tx.of(VmLabel).add(VmLabel(id=f"{self.id}/{vm_id}", label_id=self.id, owner_id=vm_id))
        for node_id in dict.fromkeys(self.node_ids):
            tx.of(NodeLabel).add(NodeLabel(id=f"{self.id}/{node_id}", label_id=self.id, owner_id=node_id))


class AffinityLabelEntity(Entity[AffinityLabel]):
    def add(self, tx: Transaction, given: Values, options: Options, *, place: int = 0) -> tuple[Command, AffinityLabel]:
        item = self.make(tx, given)
        owners = {name: tuple(given.get(name) or ()) for name in ("vm_ids", "node_ids")}
        return msgspec.structs.replace(AddAffinityLabel.of(self, item, place=place), **owners), item


AFFINITY_LABELS = AffinityLabelEntity(
    AffinityLabel,
    "affinity_labels",
    kind="affinity label",
    type="AffinityLabel",
    path="affinitylabels",
    places=(Place(("AffinityLabels", "AffinityLabel")),),
    unique=(("name",),),
    events=Events(
        EventKind("USER_ADDED_AFFINITY_LABEL", "Affinity label {name} was added by {user}."),
        EventKind("USER_UPDATED_AFFINITY_LABEL", "Affinity label {name} was changed by {user}."),
        EventKind("USER_REMOVED_AFFINITY_LABEL", "Affinity label {name} was removed by {user}."),
    ),
    shown={"read_only": False},
    inputs={
        "vm_ids": Reference("vms", settable=Settable.ON_ADD, to="vms"),
        "node_ids": Reference("hosts", settable=Settable.ON_ADD, to="nodes"),
    },
)


def _assignments(
    kind: type[Assignment], table: str, name: str, owners: str, word: str, services: str
) -> Entity[Assignment]:
    """In the API from both sides: what has a label, and the labels of one thing."""
    assigned = ALL - {"update"}
    return Entity(
        kind,
        table,
        kind="assignment of an affinity label",
        type="AffinityLabel",
        places=(
            Place(
                (f"{services}s", services),
                within={"label": Within("affinity_labels", "label_id")},
                shows="owner_id",
                key="owner_id",
                methods=assigned,
            ),
            Place(
                ("AssignedAffinityLabels", "AssignedAffinityLabel"),
                within={name: Within(owners, "owner_id")},
                shows="label_id",
                key="label_id",
                methods=assigned,
            ),
        ),
        order="id",
        unique=(("owner_id", "label_id"),),
        events=Events(
            EventKind("USER_UPDATED_AFFINITY_LABEL", f"{{user}} put an affinity label on a {word}."),
            remove=EventKind("USER_UPDATED_AFFINITY_LABEL", f"{{user}} took an affinity label off a {word}."),
        ),
    )


VM_LABELS = _assignments(VmLabel, "vm_labels", "vm", "vms", "VM", "AffinityLabelVm")
NODE_LABELS = _assignments(NodeLabel, "node_labels", "host", "nodes", "host", "AffinityLabelHost")
