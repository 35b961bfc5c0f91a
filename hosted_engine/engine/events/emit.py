"""Writes an event down: fills oVirt's sentence and says what it is about."""

from typing import TYPE_CHECKING, Any

from hosted_engine.engine.command import Context
from hosted_engine.engine.disks.model import Disk
from hosted_engine.engine.events.kinds import EventKind
from hosted_engine.engine.events.model import Event
from hosted_engine.engine.events.types import EventType
from hosted_engine.engine.nodes.model import Node
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.storage.model import StorageDomain
from hosted_engine.engine.templates.model import Template
from hosted_engine.engine.vms.model import Vm

if TYPE_CHECKING:
    from hosted_engine.engine.entity.declaration import Entity

_ABOUT = ("data_center_id", "cluster_id", "node_id", "storage_domain_id", "disk_id", "template_id", "vm_id")


def emit(
    tx: Transaction,
    context: Context,
    type_: EventType,
    *,
    vm: Vm | None = None,
    node: Node | None = None,
    disk: Disk | None = None,
    domain: StorageDomain | None = None,
    template: Template | None = None,
    **values: str,
) -> Event:
    things = {"vm": vm, "node": node, "disk": disk, "domain": domain, "template": template}
    blanks = {key: thing.name if thing else "N/A" for key, thing in things.items()}
    event = Event(
        name=type_.name,
        code=type_.code,
        severity=type_.severity,
        at=context.now,
        description=type_.sentence.format_map({**blanks, "user": context.caller.user_name, **values}),
        correlation_id=context.correlation_id,
        job_id=context.job_id or None,
        user_id=context.caller.user_id,
        address=context.caller.address,
        session_id=context.caller.session_id,
        cluster_id=vm.cluster_id if vm else node.cluster_id if node else None,
        node_id=node.id if node else None,
        storage_domain_id=domain.id if domain else disk.storage_domain_id if disk else None,
        disk_id=disk.id if disk else None,
        template_id=template.id if template else None,
        vm_id=vm.id if vm else None,
    )
    return tx.events.add(event)


def emit_of(
    tx: Transaction, context: Context, kind: EventKind | None, entity: "Entity[Any]", item: Any, **more: str | None
) -> None:
    """Write down what happened to an object of `entity`, unless `kind` is None. What the event is about follows from
    the object's own references, and from the words of its entity; `more` fills further blanks."""
    if kind is None:
        return
    values = {"name": entity.name_of(item), "user": context.caller.user_name, **entity.event_values(tx, item), **more}
    about: dict[str, Any] = {name: values.get(name, getattr(item, name, None)) for name in _ABOUT}
    if (own := f"{entity.element}_id") in about:
        about[own] = item.id
    event = Event(
        name=kind.name,
        code=kind.code,
        severity=kind.severity,
        at=context.now,
        description=kind.sentence.format_map(values),
        correlation_id=context.correlation_id,
        job_id=context.job_id or None,
        user_id=context.caller.user_id,
        address=context.caller.address,
        session_id=context.caller.session_id,
        **about,
    )
    tx.events.add(event)
