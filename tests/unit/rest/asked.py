"""Odd requests to every operation that is there: any text in any parameter, any body, drawn by Hypothesis."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from hypothesis import strategies as st

from hosted_engine.rest.call import Handlers
from hosted_engine.rest.media.json_media import JsonWriter
from hosted_engine.rest.media.xml_write import XmlWriter
from hosted_engine.rest.schema import Method, schema
from tests.unit.rest.objects import Maker

API = "/ovirt-engine/api"
EVERYWHERE = ("search", "follow", "max", "from", "case_sensitive", "async", "filter", "all_content", "correlation_id")
_DEEP = 3000

TEXTS = st.one_of(
    st.text(max_size=40).map(lambda text: text.encode(errors="replace").decode()),
    st.sampled_from(
        (
            "",
            "0",
            "-1",
            "1",
            "2147483648",
            "9" * 18,
            "9" * 400,
            "1e999",
            "nan",
            "true",
            "*",
            "*" * 2000 + "x",
            "a" * 300,
            "a" * 9000,
            "(" * _DEEP,
            "\0",
            "\x7f\x85\u2028\ufeff",
            "é" * 300,
            "🙂" * 100,
            "%00",
            "../" * 50,
            "'; drop table vms; --",
            "{name}",
            "{0.__class__}",
            "%s%n",
            "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:59:59-14:00",
        )
    ),
)
_FIELDS = ["name", "status", "id", "time", "memory", "vm.name", "Vms:", "up", "5", "2026-11-20", "*", "(", ")"]
_SIGNS = ["and", "or", "not", "sortby", "page", "asc", "desc", "=", "!=", "<", ">=", '"', '"a b"', "\\"]
_WORDS = st.sampled_from(_FIELDS + _SIGNS)
SEARCHES = st.lists(_WORDS, max_size=80).map(" ".join) | TEXTS
_LINKS = st.sampled_from(
    ("cluster", "host", "nics", "disk_attachments", "disk", "vms", "template", "networks", "vm", "x")
)
FOLLOWS = st.lists(st.lists(_LINKS, max_size=9).map(".".join), max_size=6).map(",".join) | TEXTS
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(("id", "name", "vm", "x")), inner),
    max_leaves=8,
)


@dataclass(frozen=True, slots=True)
class Operation:
    http: str
    path: str  # "/vms/{vm}/nics"
    method: Method
    service: str

    @property
    def body_type(self) -> str:
        if self.method.is_action:
            return "Action"
        return next((kind for kind in self.method.takes.values() if schema().is_type(kind)), "")


@dataclass(frozen=True, slots=True)
class Asked:
    http: str
    target: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def operations(handlers: Handlers) -> list[Operation]:
    """All that are there, each at every path that leads to it."""
    return [
        Operation(method.http, path, method, service)
        for path, method, service in schema().routes()
        if (service, method.name) in handlers
    ]


@st.composite
def requests(draw: st.DrawFn, among: Sequence[Operation], ids: Mapping[str, Sequence[str]]) -> Asked:
    """`ids` holds ids that there are, by the names that the schema gives them in paths."""
    operation = draw(st.sampled_from(among))
    path = "/".join(
        _segment(draw, part.strip("{}"), ids) if part.startswith("{") else part for part in operation.path.split("/")
    )
    query = draw(st.lists(_parameter(operation), max_size=4))
    target = API + path + draw(st.sampled_from(("", "", "", "/", ";max=1", ";a" * 70)))
    body, kind = _body(draw, operation) if operation.http in ("POST", "PUT") else (b"", "xml")
    accept = draw(st.sampled_from(("application/xml", "application/json", "*/*", "nonsense")))
    headers = {"Content-Type": f"application/{kind}", "Accept": accept}
    return Asked(operation.http, f"{target}?{urlencode(query)}" if query else target, body, headers)


def _segment(draw: st.DrawFn, name: str, ids: Mapping[str, Sequence[str]]) -> str:
    there = ids.get(name, ())
    if there and draw(st.sampled_from((True, True, True, False))):
        return draw(st.sampled_from(there))
    return quote(draw(TEXTS), safe="") or "%20"


@st.composite
def _parameter(draw: st.DrawFn, operation: Operation) -> tuple[str, str]:
    name = draw(st.sampled_from((*EVERYWHERE, *operation.method.takes, "nonsense")))
    return name, draw({"search": SEARCHES, "follow": FOLLOWS}.get(name, TEXTS))


def _body(draw: st.DrawFn, operation: Operation) -> tuple[bytes, str]:
    kind = draw(st.sampled_from(("xml", "json")))
    match draw(st.sampled_from(("object", "object", "wild", "bytes", "deep", "none"))):
        case "object":
            return _object(draw, operation.body_type, kind), kind
        case "wild" if kind == "json":
            return json.dumps(_wild(draw, operation.body_type)).encode(), kind
        case "deep":
            tags = (operation.body_type.lower(), "template", "vm")
            opened, closed = "".join(f"<{tag}>" for tag in tags), "".join(f"</{tag}>" for tag in reversed(tags))
            deep = f"{opened * 60}{closed * 60}" if kind == "xml" else '{"template":{"vm":' * _DEEP
            return deep.encode(), kind
        case "none":
            return b"", kind
    return draw(st.binary(max_size=60)), kind


def _object(draw: st.DrawFn, type_name: str, kind: str) -> bytes:
    """One of the right type with one of its texts exchanged for another."""
    value = Maker(schema(), str(draw(st.integers(0, 1 << 16)))).object(type_name, depth=2)
    texts = [name for name, attribute in schema().type(type_name).attributes.items() if attribute.type == "String"]
    if texts:
        value[draw(st.sampled_from(texts))] = draw(TEXTS)
    plain = {"cluster": {"name": "Default"}, "template": {"name": "Blank"}} if type_name == "Vm" else {}
    writer = XmlWriter(schema()) if kind == "xml" else JsonWriter(schema())
    try:
        return writer.one(value | plain, type_name)
    except (TypeError, AttributeError):  # a text where the writer wants several
        return b"{}"


def _wild(draw: st.DrawFn, type_name: str) -> dict[str, Any]:
    """Known names with values of any kind and shape."""
    return draw(st.dictionaries(st.sampled_from(sorted(schema().type(type_name).by_tag)), JSON, max_size=6))
