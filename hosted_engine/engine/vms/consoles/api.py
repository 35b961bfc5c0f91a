"""The graphics consoles of VMs, templates and instance types in the API; which there are is a setting of their own."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from hosted_engine.engine.command import Command, Dependencies
from hosted_engine.engine.entity.commands import UpdateEntity
from hosted_engine.engine.entity.declaration import Entity, Link, Options, Values
from hosted_engine.engine.entity.field import Field
from hosted_engine.engine.entity.registry import entity_of
from hosted_engine.engine.entity.reported import Reported, Shown
from hosted_engine.engine.entity.request import AnswerRequest, Elements, File, Request
from hosted_engine.engine.nodes.readings import Readings
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NotThere, found
from hosted_engine.engine.users.model import Caller
from hosted_engine.engine.vms.checks import changeable_vm
from hosted_engine.engine.vms.consoles.tickets import open_screen
from hosted_engine.engine.vms.consoles.viewer_file import MEDIA_TYPE, VALID_S, viewer_file
from hosted_engine.engine.vms.model import RUNNING, Hardware, Vm
from hosted_engine.engine.vms.next_run import with_next_run
from hosted_engine.engine.vms.rules import DISPLAY_TYPES, known_display

KIND = "graphics console"
CONSOLE = {"protocol": Field("protocol", choices=DISPLAY_TYPES, rule=known_display)}
TICKET = {"value": Field("ticket.value"), "expiry_s": Field("ticket.expiry")}


def console_id(protocol: str) -> str:
    """As in oVirt: the letters of its protocol in hexadecimal."""
    return protocol.encode().hex()


def _consoles(
    owner: str, table: str, tx: Transaction, readings: Readings, ids: Mapping[str, str], options: Options
) -> Mapping[str, Shown]:
    """Those that the owner is to have; with `current` those with which a VM runs."""
    item = _owner(tx, table, ids[owner])
    if isinstance(item, Vm):
        item = item if options.boolean("current") and item.status in RUNNING else with_next_run(item)
    protocol = item.display_type
    if protocol is None:
        return {}
    shown: dict[str, Any] = {"protocol": protocol, owner: Link(table, ids[owner])}
    if isinstance(item, Vm) and options.boolean("current") and item.display_port is not None:
        shown |= {"address": item.display_address, "port": item.display_port}
    return {console_id(protocol): shown}


def _add(owner: str, table: str, tx: Transaction, ids: Mapping[str, str], given: Values) -> tuple[Command | None, str]:
    """What is there stays so."""
    protocol = given["protocol"]
    return _set(tx, table, ids[owner], protocol), console_id(protocol)


def _remove(owner: str, table: str, tx: Transaction, ids: Mapping[str, str]) -> Command | None:
    item = _owner(tx, table, ids[owner])
    wanted = (with_next_run(item) if isinstance(item, Vm) else item).display_type
    if wanted is None or console_id(wanted) != ids["console"]:
        raise NotThere(kind=KIND, id=ids["console"])
    return _set(tx, table, ids[owner], None)


def _set(tx: Transaction, table: str, identity: str, protocol: str | None) -> Command | None:
    """Of a VM that runs it is so from its next start on."""
    entity: Entity[Any] = entity_of(table)
    before = _owner(tx, table, identity)
    if isinstance(before, Vm):
        changeable_vm(tx, identity, "change the graphics console of")
    after = entity.change(tx, before, {"display_type": protocol})
    return UpdateEntity.of(entity, before, after) if after != before else None


def _owner(tx: Transaction, table: str, identity: str) -> Any:
    entity = entity_of(table)
    item: Hardware = found(tx.of(entity.model).get(identity), entity.kind, identity)
    return item


def _declared(service: str, owner: str, table: str) -> Reported:
    return Reported(
        KIND,
        (f"{service}GraphicsConsoles", f"{service}GraphicsConsole"),
        frozenset({owner}),
        partial(_consoles, owner, table),
        inputs=CONSOLE,
        add=partial(_add, owner, table),
        remove=partial(_remove, owner, table),
    )


GRAPHICS_CONSOLES = (
    _declared("Vm", "vm", "vms"),
    _declared("Template", "template", "templates"),
    _declared("InstanceType", "instance_type", "instance_types"),
)


async def _ticket(dependencies: Dependencies, caller: Caller, ids: Mapping[str, str], given: Values) -> Elements:
    opened = await open_screen(
        dependencies, caller, ids["vm"], value=given.get("value"), expiry_s=given.get("expiry_s")
    )
    return {"ticket": {"value": opened.value, "expiry": opened.expiry_s}}


async def _viewer_file(dependencies: Dependencies, caller: Caller, ids: Mapping[str, str], given: Values) -> Elements:
    opened = await open_screen(dependencies, caller, ids["vm"], expiry_s=VALID_S)
    return {"remote_viewer_connection_file": viewer_file(opened, dependencies.authority.certificate)}


def _of_console(answer: AnswerRequest) -> AnswerRequest:
    """Raises NotThere where the VM runs without that console."""

    async def asked(dependencies: Dependencies, caller: Caller, ids: Mapping[str, str], given: Values) -> Elements:
        with dependencies.store.transaction() as tx:
            vm = found(tx.vms.get(ids["vm"]), "VM", ids["vm"])
        if ids["console"] not in {console_id(protocol) for protocol in DISPLAY_TYPES}:
            raise NotThere(kind=KIND, id=f"{ids['console']} of VM {vm.name}")
        return await answer(dependencies, caller, ids, given)

    return asked


CONSOLE_REQUESTS = (
    Request("Vm", "ticket", _ticket, TICKET),
    Request("VmGraphicsConsole", "ticket", _of_console(_ticket), TICKET),
    Request(
        "VmGraphicsConsole",
        "remote_viewer_connection_file",
        _of_console(_viewer_file),
        file=File(MEDIA_TYPE, "remote_viewer_connection_file", "console.vv"),
    ),
)
