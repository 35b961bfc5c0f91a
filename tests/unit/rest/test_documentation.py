"""Every entity has a page, on which everything of its declaration stands."""

from typing import Any, cast

import pytest
from click.testing import CliRunner

from hosted_engine.engine.engine import Engine
from hosted_engine.engine.entities import ENTITIES
from hosted_engine.engine.entity.declaration import Entity
from hosted_engine.engine.search.vocabulary import relations_of, vocabulary_of
from hosted_engine.rest.__main__ import main
from hosted_engine.rest.entities.documentation import operations, page
from hosted_engine.rest.entities.handlers import entity_handlers
from hosted_engine.rest.schema import schema

SCHEMA = schema()


def output(*arguments: str) -> str:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.table)
def test_a_page_tells_all_of_a_declaration(entity: Entity[Any]) -> None:
    lines = output("--doc", entity.table).splitlines()
    assert lines[0] == f"# {entity.kind}"
    assert lines[2], "what it is stands below its name"
    for column in entity.columns.values():
        if column.field.wire:
            (line,) = [line for line in lines if line.startswith(f"| {entity.element}.{column.field.wire} |")]
            parts = (*column.field.searched_as, column.field.length or "", column.field.most or "")
            assert all(str(part) in line for part in parts)
    for said in (*entity.shown, *(field.wire for field in entity.inputs.values()), *entity.actions):
        assert any(line.startswith(f"| {said} |") for line in lines), said
    for word in (*vocabulary_of(entity), *(f"{name}." for name in relations_of(entity))):
        assert any(line.startswith(f"| {word} |") for line in lines), word
    for events in (entity.events, *(place.events for place in entity.places)):
        for kind in (events.add, events.update, events.remove) if events else ():
            assert kind is None or any(f"| {kind.code} | {kind.name} |" in line for line in lines)
    for name, reference in entity.references.items():
        line = f"| {entity.kind} ({reference.wire or name}) |"
        assert all(line in page_of(table) for table in reference.tables)


def page_of(table: str) -> str:
    return page(next(entity for entity in ENTITIES if entity.table == table), SCHEMA)


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.table)
def test_every_place_leads_somewhere_and_every_operation_is_told(entity: Entity[Any]) -> None:
    found = {tuple(operation.split(".")) for _, operation, _ in operations(entity, SCHEMA)}
    assert found == set(entity_handlers(cast(Engine, None), [entity], SCHEMA))
    for place in entity.places:
        paths = [
            request for request, operation, _ in operations(entity, SCHEMA) if operation.startswith(place.services)
        ]
        assert any(all(f"{{{name}}}" in path for name in place.within) for path in paths), place


def test_a_page_reads_like_a_manual() -> None:
    of_vms, of_pools = output("--doc", "vms"), output("--doc", "mac_pools")
    taken = "run_vm on VM; edit_admin_vm_properties on VM if vm.placement_policy.hosts"
    assert f"| POST /vms/{{vm}}/start | Vm.start | {taken} |" in of_vms
    assert "| GET /vms | Vms.list | shown: vms |" in of_vms
    assert "| vm.cluster | cluster | add | refused |  | cluster |" in of_vms
    assert "| instance_type | instance type | it stays, without |" in of_vms
    assert "| cluster (mac_pool) | the removal is refused |" in of_pools
    assert "| mac_pool.ranges | several of: {from, to} | add, update | refused |" in of_pools
    assert "Letters of any language, digits and . _ - +" in output("--doc", "tags")


def test_what_there_is_can_be_asked_and_a_wrong_name_is_said() -> None:
    assert output("--doc").splitlines() == [f"{entity.table}: {entity.kind}" for entity in ENTITIES]
    wrong = CliRunner().invoke(main, ["--doc", "nosuch"])
    assert wrong.exit_code == 2
    assert "there is no entity nosuch" in wrong.output
    assert output().endswith("methods are there\n")
    assert "Vm.migrate" in output("-v")
