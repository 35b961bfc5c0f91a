"""The table of a node's operations: what is on the wire stays so, a declaration that does not fit ends at import."""

import os
import re
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest

from node.api.contract import OPERATIONS, NodeApi
from node.api.documentation import page
from node.api.handlers import check_parts
from node.api.messages.identity import Identity
from node.api.messages.leases import LeaseRequest
from node.api.messages.vms import VmReport, VmSpec
from node.api.operation import GET, PUT, Arguments, Operation, Operations, operation, operations_of
from node.api.problems import Refused
from node.api.refusals import Malformed, VmUnknown
from node.api.version import API_VERSION, OLDEST_SPOKEN
from tests.fakes.node.chains import FakeChains
from tests.fakes.node.gluster import FakeGluster
from tests.fakes.node.ha_service import FakeHaService
from tests.fakes.node.host import FakeHost
from tests.fakes.node.network import FakeNodeNetwork
from tests.fakes.node.storage import FakeStorage
from tests.fakes.node.stream import FakeStream
from tests.fakes.node.transfers import FakeTransfers
from tests.fakes.node.vms import FakeVms

GOLDEN = Path(__file__).parents[2] / "data/node/operations.txt"
PARTS = (
    FakeHost,
    FakeStream,
    FakeNodeNetwork,
    FakeGluster,
    FakeStorage,
    FakeChains,
    FakeTransfers,
    FakeHaService,
    FakeVms,
)
ODD = "../ä b/%2F?x"


def test_what_goes_over_the_wire_is_what_nodes_that_run_understand() -> None:
    """`TRIVET_GOLDEN=write` writes it anew, for review as a diff: what changes parts the engine from its nodes."""
    lines = "".join(sorted(map(_line, OPERATIONS.values()), key=lambda line: (line.split()[1], line.split()[0])))
    if os.environ.get("TRIVET_GOLDEN") == "write":
        GOLDEN.write_text(lines)
    assert lines == GOLDEN.read_text()


def _line(one: Operation) -> str:
    path, body = re.sub(r"{.*?}", "{}", one.path), "body" if one.body else "no body"
    callers = " ".join(sorted(one.roles)) + (" or the claim code" if one.unclaimed else "")
    return f"{one.method:6} {path:55} {one.name:20} {one.timeout_s:g} s, {body}; {callers}; since {one.since}\n"


@pytest.mark.parametrize("one", OPERATIONS.values(), ids=OPERATIONS)
def test_the_node_reads_what_the_caller_wrote_whatever_is_in_it(one: Operation) -> None:
    arguments = {name: _any_of(kind) for name, kind in one.parameters.items()}
    path, pattern = one.path_of(arguments), re.sub(r"{.*?}", "([^/]+)", one.route)
    found = re.fullmatch(pattern, path)
    assert found is not None, path
    assert one.read_arguments([unquote(text) for text in found.groups()], one.body_of(arguments) or b"") == arguments


def _any_of(kind: Any) -> Any:
    if kind is str:
        return ODD
    return kind(**{field.name: _value(field) for field in msgspec.structs.fields(kind) if field.required})


def _value(field: msgspec.structs.FieldInfo) -> Any:
    """Of the kinds that messages have."""
    if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
        return _any_of(field.type)
    try:
        return msgspec.convert({}, field.type)
    except msgspec.ValidationError:
        pass
    if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
        return _any_of(field.type)
    values: tuple[object, ...] = (ODD, [], 1, "raw", "upload", "vnc", "ABCD-EFGH-0123-4567", "0" * 64)
    for value in values:
        try:
            return msgspec.convert(value, field.type)
        except msgspec.ValidationError:
            continue
    if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
        return _any_of(field.type)
    raise AssertionError(f"no value for {field}")


def test_a_body_about_something_else_than_the_path_is_malformed() -> None:
    body = msgspec.json.encode(LeaseRequest(storage_domain="data", lockspace="site", resource="engine"))
    make_lease = OPERATIONS["make_lease"]
    assert make_lease.read_arguments(("data", "site", "engine"), body)["request"].resource == "engine"
    with pytest.raises(Malformed, match="names resource 'other' and the body 'engine'"):
        make_lease.read_arguments(("data", "site", "other"), body)


def test_versions_are_ones_that_there_are() -> None:
    assert {one.since for one in OPERATIONS.values()} <= set(range(OLDEST_SPOKEN, API_VERSION + 1))


def test_the_documentation_has_every_operation_with_what_it_is_for() -> None:
    text = page()
    for one in OPERATIONS.values():
        (row,) = [line for line in text.splitlines() if line.startswith(f"| `{one.name}` |")]
        assert f"`{one.method} {one.path}`" in row
        assert row.endswith(f" {' '.join(one.summary.split())} |")


def _declare(function: Callable[..., Any], *arguments: Any, **keywords: Any) -> None:
    operation(*arguments, **keywords)(function)


class Odd:
    """What may be declared."""

    async def no_word(self) -> None: ...

    async def one_vm(self, vm_id: str) -> VmReport | None:
        """A VM."""

    async def define(self, spec: VmSpec) -> None:
        """Define it."""

    async def two(self, spec: VmSpec, lease: LeaseRequest) -> None:
        """Too much."""

    async def name_of(self, vm: object) -> None:
        """Of anything."""


def missing(vm_id: str) -> Refused:
    return VmUnknown(vm=vm_id)


@pytest.mark.parametrize(
    ("function", "method", "path", "keywords", "reason"),
    [
        (Odd.no_word, GET, "/vms", {}, "docstring"),
        (Odd.one_vm, GET, "/vms", {"missing": missing}, "does not say what vm_id is"),
        (Odd.one_vm, GET, "/vms/{vm_id}/{disk}", {"missing": missing}, "names disk, which is no parameter"),
        (Odd.one_vm, GET, "/vms/{vm_id}", {}, "`missing` is for what may be None"),
        (Odd.define, PUT, "/vms/{spec.id}", {"missing": missing}, "`missing` is for what may be None"),
        (Odd.define, PUT, "/vms/{spec.uuid}", {}, "spec has no field that the path"),
        (Odd.define, GET, "/vms/{spec.id}", {}, "GET has no body"),
        (Odd.two, PUT, "/vms/{spec.id}", {}, "spec and lease cannot both be the body"),
        (Odd.name_of, PUT, "/names", {}, "does not say what vm is"),
    ],
)
def test_a_declaration_that_does_not_fit_ends_at_import(
    function: Callable[..., Any], method: str, path: str, keywords: Mapping[str, Any], reason: str
) -> None:
    with pytest.raises(TypeError, match=re.escape(reason)):
        _declare(function, method, path, **keywords)


def test_two_operations_are_not_one_request() -> None:
    class Twice(Operations):
        @operation(GET, "/vms/{vm_id}/console")
        async def console(self, vm_id: str) -> None:
            """One."""

        @operation(GET, "/vms/{id}/console")
        async def log(self, id: str) -> None:
            """The same."""

    with pytest.raises(TypeError, match="console and log are both GET"):
        operations_of(Twice)


def test_an_operation_has_one_way_to_be_carried_out() -> None:
    with pytest.raises(TypeError, match=r"Sly\.vms would hide an operation"):

        class Sly(NodeApi):
            async def vms(self) -> tuple[VmReport, ...]:
                return ()


class Nobody: ...


class Another:
    def identity(self) -> Identity: ...  # type: ignore[empty-body]


class Shy(FakeHost):
    def identity(self, claim_code: str) -> Identity: ...  # type: ignore[empty-body,override]


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ((Nobody, *PARTS[1:]), "is carried out by nobody"),
        ((Another, *PARTS), "identity is carried out by Another and FakeHost"),
        ((Shy, *PARTS[1:]), "Shy.identity is not the operation"),
    ],
)
def test_each_operation_is_carried_out_by_one_part_that_takes_and_answers_the_same(
    parts: tuple[type, ...], reason: str
) -> None:
    check_parts(PARTS)
    with pytest.raises(TypeError, match=re.escape(reason)):
        check_parts(parts)


async def test_whoever_is_asked_gets_the_operation_and_its_arguments_by_name() -> None:
    asked: list[tuple[str, dict[str, Any]]] = []

    class Asked(NodeApi):
        async def call(self, operation: Operation, arguments: Arguments) -> Any:
            asked.append((operation.name, dict(arguments)))

        def stream(self, operation: Operation, arguments: Arguments) -> AsyncIterator[Any]:
            raise AssertionError(operation.name)

    node = Asked()
    await node.lease("data", "site", resource="engine")
    await node.lease("data", resource="engine", lockspace="site")
    assert asked == [("lease", {"storage_domain": "data", "lockspace": "site", "resource": "engine"})] * 2
    with pytest.raises(TypeError, match="vm_id"):
        await node.vm()  # type: ignore[call-arg]
