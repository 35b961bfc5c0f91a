"""Oracles that several cases share, and words to write others with."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.conformance.examples.case import ExampleRun, Oracle
from tests.conformance.examples.state import Differs, Row, State, column


def mentions(row: Row, *values: object) -> None:
    """Each value is in some column of the row, or inside one: how the column is called does not matter."""
    found = list(_members(row))
    for value in values:
        if not any(type(one) is type(value) and one == value for one in found):
            raise Differs(f"nothing in {dict(row).get('name') or 'it'} is {value!r}")


def expect(row: Row, **wanted: object) -> None:
    for name, value in wanted.items():
        if (found := column(row, name)) != value:
            raise Differs(f"{name} is {found!r}, not {value!r}")


def was_added(run: ExampleRun, table: str, name: str) -> Row:
    """The row of that name, which was not there before."""
    if table in run.before.tables and run.before.rows(table, name=name):
        raise Differs(f"{name} was in {table} before")
    return run.after.one(table, name=name)


def adds(table: str, name: str, *values: object) -> Oracle:
    def oracle(run: ExampleRun) -> None:
        mentions(was_added(run, table, name), *values)

    return oracle


def removes(table: str, name: str) -> Oracle:
    def oracle(run: ExampleRun) -> None:
        run.before.one(table, name=name)
        if run.after.rows(table, name=name):
            raise Differs(f"{name} is still in {table}")

    return oracle


def links(first: tuple[str, str], second: tuple[str, str], *, there: bool = True) -> Oracle:
    """Two rows, each given by table and name, belong together now and did not before; or the other way round."""

    def oracle(run: ExampleRun) -> None:
        if linked(run.before, first, second) is there:
            raise Differs("it was so before")
        if linked(run.after, first, second) is not there:
            raise Differs(f"{first[1]} and {second[1]} are {'not' if there else 'still'} linked")

    return oracle


def linked(state: State, first: tuple[str, str], second: tuple[str, str]) -> bool:
    ids = [str(state.one(table, name=name)["id"]) for table, name in (first, second)]
    return state.linked(*ids)


def changes(table: str, name: str, **wanted: object) -> Oracle:
    def oracle(run: ExampleRun) -> None:
        before, after = run.before.one(table, name=name), run.after.one(table, name=name)
        if all(before.get(key) == value for key, value in wanted.items()):
            raise Differs("it was so before")
        expect(after, **wanted)

    return oracle


def spec_of(state: State, name: str) -> Row:
    """What the node was told of that VM, which has to be up."""
    running = state.vms_running()
    identity = state.one("vms", name=name)["id"]
    if identity not in running:
        raise Differs(f"{name} runs on no node")
    return running[identity][1]


def _members(value: Any) -> Iterator[Any]:
    match value:
        case Mapping():
            for member in value.values():
                yield from _members(member)
        case list() | tuple():
            for member in value:
                yield from _members(member)
        case _:
            yield value
