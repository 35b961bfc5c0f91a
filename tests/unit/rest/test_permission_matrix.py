"""Every operation, every predefined role: on the object itself, on what is above it, on the system, on another object
of its kind, on nothing. What has to come out is taken from the data, not from the code that decides."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import event

from hosted_engine.engine.permissions import operations
from hosted_engine.engine.permissions.access import Access
from hosted_engine.engine.permissions.model import Permission
from hosted_engine.engine.permissions.problems import AdministratorsOnly, NotPermitted, UserViewOnly
from hosted_engine.engine.problems import NotThere
from hosted_engine.engine.users.model import Caller
from hosted_engine.rest.call import Call, Parameters
from hosted_engine.rest.permissions.guard import admit
from hosted_engine.rest.resources import handlers
from hosted_engine.rest.schema import schema
from tests.fakes.engine import World
from tests.unit.rest import matrix
from tests.unit.rest.matrix import KINDS, ROLES, Asked, Tree

CALLER = Caller(user_id="matrix", user_name="matrix@internal")
REFUSED = (NotPermitted, UserViewOnly, AdministratorsOnly, NotThere)
VIEW = {"filter": "true"}


@dataclass
class Matrix:
    world: World
    own: Tree
    other: Tree
    changes: list[Asked]
    readings: list[tuple[Asked, str]]

    @contextmanager
    def given(self, role: Mapping[str, Any], on: str) -> Iterator[Access]:
        """What the caller may with it. All cells of it share what was read, as all questions of a request do."""
        self.give(role, on)
        with self.world.store.transaction() as tx:
            yield Access(tx, CALLER)

    def give(self, role: Mapping[str, Any], on: str) -> None:
        """The role alone, on `on`: a kind of the own tree, "system", "other" for all of the other tree, "nothing"."""
        with self.world.store.transaction() as tx:
            for permission in tx.of(Permission).list():
                tx.of(Permission).remove(permission.id)
            targets = [matrix.SYSTEM] if on == "system" else [self.own.target(on)] if on in KINDS else []
            if on == "other":
                targets = [self.other.target(kind) for kind in KINDS]
            for number, (table, identity) in enumerate(targets):
                tx.of(Permission).add(
                    Permission(
                        id=str(number),
                        role_id=role["id"],
                        holder_id="matrix",
                        object_table=table,
                        object_id=identity,
                    )
                )

    def admit(self, access: Access, asked: Asked, beside: Mapping[str, str]) -> Call | Exception:
        service = schema().service(asked.service)
        call = Call(
            service=service,
            method=service.methods[asked.method],
            path=asked.path,
            ids=asked.ids,
            parameters=Parameters(query={**asked.parameters, **beside}),
            body=dict(asked.body),
            caller=CALLER,
        )
        try:
            return admit(access, call)
        except REFUSED as err:
            return err


@pytest.fixture(scope="module")
def cells() -> Matrix:
    world = World()
    with world.store.transaction() as tx:
        own, other = matrix.plant(tx, "own"), matrix.plant(tx, "other")
    return Matrix(world, own, other, list(matrix.changes(own)), list(matrix.readings(own)))


def placements(asked: Asked) -> Iterator[str]:
    """Where a role may matter: elsewhere it is as good as "other"."""
    yield from ("system", "other", "nothing")
    above = {one for name in asked.named for one in (name, *KINDS[name][2])}
    yield from sorted(above)


def describe(asked: Asked, role: Mapping[str, Any], on: str) -> str:
    return f"{asked.service}.{asked.method} at {asked.path} {dict(asked.body)}: {role['name']} on {on}"


EVERY = pytest.mark.parametrize("role", ROLES, ids=lambda role: role["name"])
PLACES = ("system", *KINDS, "other", "nothing")


@EVERY
def test_what_changes_something(cells: Matrix, role: Mapping[str, Any]) -> None:
    wrong: list[str] = []
    for on in PLACES:
        with cells.given(role, on) as access:
            for asked in cells.changes:
                if on in placements(asked):
                    wrong.extend(wrong_change(cells, access, asked, role, on))
    assert not wrong, "\n".join([f"{len(wrong)} cells", *wrong[:20]])


def wrong_change(cells: Matrix, access: Access, asked: Asked, role: Mapping[str, Any], on: str) -> Iterator[str]:
    answer, expected = cells.admit(access, asked, {}), matrix.is_allowed(asked, role, on)
    if isinstance(answer, Call) is not expected:
        yield f"{describe(asked, role, on)} should be {expected}: {answer}"
    if isinstance(answer, NotPermitted) and not ("permit" in str(answer) and " on " in str(answer)):
        yield f"{describe(asked, role, on)}: {answer}"


@EVERY
def test_what_is_shown(cells: Matrix, role: Mapping[str, Any]) -> None:
    wrong: list[str] = []
    for on in PLACES:
        with cells.given(role, on) as access:
            for asked, shown in cells.readings:
                if shown in (*matrix.TABLES, "within") or on in ("system", "vm", "other", "nothing"):
                    wrong.extend(wrong_reading(cells, access, asked, shown, role, on))
    assert not wrong, "\n".join([f"{len(wrong)} cells", *wrong[:20]])


def wrong_reading(
    cells: Matrix, access: Access, asked: Asked, shown: str, role: Mapping[str, Any], on: str
) -> Iterator[str]:
    for view in (True, False):
        answer = cells.admit(access, asked, VIEW if view else {})
        expected = matrix.is_shown(asked, shown, role, on, view=view)
        if isinstance(answer, Call) is not expected:
            yield f"{describe(asked, role, on)}, view={view} should be {expected}: {answer}"
        elif isinstance(answer, Call) and answer.only is not None and shown in matrix.TABLES:
            trees = {"own": cells.own, "other": cells.other}
            found = {which for which, tree in trees.items() if tree.ids[matrix.TABLES[shown]] in answer.only}
            wanted = {"own"} if matrix.in_list(shown, role, on) else set()
            if on != "other" and found != wanted:
                yield f"{describe(asked, role, on)} shows {found}, not {wanted}"


def test_every_operation_that_is_there_is_in_the_matrix(cells: Matrix) -> None:
    drawn = {(asked.service, asked.method) for asked in cells.changes}
    drawn |= {(asked.service, asked.method) for asked, _ in cells.readings}
    assert set(handlers(cells.world.engine)) <= drawn
    routed = {(service, method.name) for _, method, service in schema().routes()}
    assert routed <= drawn


def test_an_operation_that_nobody_said_anything_of_cannot_be_there(
    cells: Matrix, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = dict(operations.operations())
    del shown["Vm", "start"]
    monkeypatch.setattr(operations, "operations", lambda: shown)
    with pytest.raises(TypeError, match=r"Vm\.start is not in operations\.json"):
        handlers(cells.world.engine)


@pytest.mark.parametrize(("role", "on", "most"), [("SuperUser", "system", 1), ("UserVmManager", "vm", 4)])
def test_it_takes_few_questions(cells: Matrix, role: str, on: str, most: int) -> None:
    """Of an administrator only the permissions are asked for, of others what is above the object, too."""
    (given,) = [one for one in ROLES if one["name"] == role]
    start = next(one for one in cells.changes if (one.service, one.method) == ("Vm", "start"))
    asked: list[str] = []
    engine = cells.world.store._engine
    event.listen(engine, "before_cursor_execute", lambda *arguments: asked.append(arguments[2]))
    with cells.given(given, on) as access:
        asked.clear()
        assert isinstance(cells.admit(access, start, {}), Call)
    selects = [statement for statement in asked if statement.startswith("SELECT")]
    assert len(selects) <= most, selects
