"""Odd requests to every operation that is there: any text in any parameter, any body, drawn by Hypothesis."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlencode

from hypothesis import strategies as st

from hosted_engine.rest.call import Handlers
from hosted_engine.rest.media.json_write import JsonWriter
from hosted_engine.rest.media.wire import Wire
from hosted_engine.rest.media.xml_write import XmlWriter
from hosted_engine.rest.schema import Method, schema
from tests.unit.rest.objects import Maker

API = "/ovirt-engine/api"
EVERYWHERE = ("search", "follow", "max", "from", "case_sensitive", "async", "filter", "all_content", "correlation_id")
KINDS = (
    *("attachment", "cluster", "data_center", "disk", "event", "host", "job", "network", "nic", "profile"),
    *("statistic", "step", "storage_domain", "template", "user", "vm"),
)  # of ids, as paths name them
_STAND_IN = re.compile("ID-([a-z_]+)-([0-9])-ID")
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
_TERMS = st.sampled_from(_FIELDS + _SIGNS)
SEARCHES = st.lists(_TERMS, max_size=80).map(" ".join) | TEXTS
_LINKS = st.sampled_from(
    ("cluster", "host", "nics", "disk_attachments", "disk", "vms", "template", "networks", "vm", "x")
)
FOLLOWS = st.lists(st.lists(_LINKS, max_size=9).map(".".join), max_size=6).map(",".join) | TEXTS
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(("id", "name", "vm", "x")), inner),
    max_leaves=8,
)


HEADER_TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)
ACCEPTS = HEADER_TEXTS | st.sampled_from(
    (
        "application/xml",
        "application/json",
        "*/*",
        "nonsense",
        "text/xml;q=0.5, application/json;q=0.4",
        "text/html",
        ",;q",
    )
)
ENCODINGS = HEADER_TEXTS | st.sampled_from(("gzip", "deflate, gzip, br", "gzip;q=0", "*;q=0.5", "identity"))


def content_types(kind: str) -> st.SearchStrategy[str]:
    """Mostly what the body is."""
    odd = HEADER_TEXTS | st.sampled_from(("", f"text/{kind}", f"application/{kind};charset=utf-16", "text/plain"))
    return st.one_of(*[st.just(f"application/{kind}")] * 5, odd)


@dataclass(frozen=True, slots=True)
class Operation:
    http: str
    path: str  # "/vms/{vm}/nics"
    method: Method

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


def with_ids(asked: Asked, ids: Mapping[str, Sequence[str]]) -> Asked:
    """`ids` holds some for each of KINDS."""

    def real(found: re.Match[str]) -> str:
        there = ids[found[1]]
        return there[int(found[2]) % len(there)]

    return replace(asked, target=_STAND_IN.sub(real, asked.target), body=_in_body(real, asked.body))


def _in_body(real: Callable[[re.Match[str]], str], body: bytes) -> bytes:
    return _STAND_IN.sub(real, body.decode("latin-1")).encode("latin-1")


def _stand_in(kind: str, number: int = 0) -> str:
    return f"ID-{kind}-{number}-ID"


def operations(handlers: Handlers) -> Sequence[Sequence[Operation]]:
    """All that are there, each with every path that leads to it; those that change something come thrice."""
    found: dict[tuple[str, str], list[Operation]] = {}
    for path, method, service in schema().routes():
        if (service, method.name) in handlers:
            found.setdefault((service, method.name), []).append(Operation(method.http, path, method))
    return [paths for paths in found.values() for _ in range(1 if paths[0].http == "GET" else 3)]


@st.composite
def requests(draw: st.DrawFn, among: Sequence[Sequence[Operation]]) -> Asked:
    """With stand-ins for ids: what is drawn must not depend on what is there; `with_ids` puts real ones in."""
    operation = draw(st.sampled_from(draw(st.sampled_from(among))))
    path = "/".join(
        _segment(draw, part.strip("{}")) if part.startswith("{") else part for part in operation.path.split("/")
    )
    query = draw(st.lists(_parameter(operation), max_size=3))
    target = API + path + draw(st.sampled_from(("",) * 10 + ("/", ";max=1", ";a" * 70)))
    body, kind = _body(draw, operation) if operation.http in ("POST", "PUT") else (b"", "xml")
    headers = {"Content-Type": draw(content_types(kind)), "Accept": draw(ACCEPTS), "Accept-Encoding": draw(ENCODINGS)}
    return Asked(operation.http, f"{target}?{urlencode(query)}" if query else target, body, headers)


def _segment(draw: st.DrawFn, name: str) -> str:
    if name in KINDS and draw(st.sampled_from((True,) * 7 + (False,))):
        return _stand_in(name, draw(st.integers(0, 1)))
    return quote(draw(TEXTS), safe="") or "%20"


@st.composite
def _parameter(draw: st.DrawFn, operation: Operation) -> tuple[str, str]:
    name = draw(st.sampled_from((*EVERYWHERE, *operation.method.takes, "nonsense")))
    return name, draw({"search": SEARCHES, "follow": FOLLOWS}.get(name, TEXTS))


def _body(draw: st.DrawFn, operation: Operation) -> tuple[bytes, str]:
    kind = draw(st.sampled_from(("xml", "json")))
    match draw(st.sampled_from(("nearly", "nearly", "nearly", "wild", "bytes", "deep", "none"))):
        case "nearly":
            return _nearly(draw, operation.body_type, kind), kind
        case "wild":
            known = st.dictionaries(
                st.sampled_from(sorted(schema().type(operation.body_type).by_tag)), JSON, max_size=6
            )
            return json.dumps(draw(known)).encode(), "json"
        case "deep":
            tags = (operation.body_type.lower(), "template", "vm")
            opened, closed = "".join(f"<{tag}>" for tag in tags), "".join(f"</{tag}>" for tag in reversed(tags))
            deep = f"{opened * 60}{closed * 60}" if kind == "xml" else '{"template":{"vm":' * _DEEP
            return deep.encode(), kind
        case "none":
            return b"", kind
    return draw(st.binary(max_size=60)), kind


def _nearly(draw: st.DrawFn, type_name: str, kind: str) -> bytes:
    """What would be taken, with some more of what the type may have, and now and then another text in it."""
    value = _taken(draw, type_name)
    more = Maker(schema(), str(draw(st.integers(0, 1 << 16)))).object(type_name, depth=2)
    names = draw(st.lists(st.sampled_from(sorted(more)), max_size=3)) if more else []
    value |= {name: more[name] for name in names if name not in value}
    texts = [name for name, attribute in schema().type(type_name).attributes.items() if attribute.type == "String"]
    singles = [name for name in texts if not schema().type(type_name).attributes[name].many]
    exchanged: bool = draw(st.booleans())
    if singles and exchanged:
        value[draw(st.sampled_from(singles))] = draw(TEXTS)
    return (XmlWriter(schema()) if kind == "xml" else JsonWriter(schema())).one(value, type_name)


def _taken(draw: st.DrawFn, type_name: str) -> Wire:
    name = f"n{draw(st.integers(0, 40))}"
    size = draw(st.sampled_from((0, 1 << 20, 1 << 30, 10**18 - 1, -1)))
    domains = [{"id": _stand_in("storage_domain")}]
    disk = {"alias": name, "provisioned_size": size, "format": draw(st.sampled_from(("cow", "raw")))}
    match type_name:
        case "Vm":
            template = draw(st.sampled_from(("Blank", "tiny")))
            return {"name": name, "cluster": {"name": "Default"}, "template": {"name": template}}
        case "Disk":
            return disk | {"storage_domains": domains}
        case "DiskAttachment":
            there: Wire = {"id": _stand_in("disk", draw(st.integers(0, 1)))}
            chosen = there if draw(st.booleans()) else disk | {"storage_domains": domains}
            bootable: bool = draw(st.booleans())
            return {"disk": chosen, "interface": "virtio", "bootable": bootable}
        case "Nic":
            return {"name": name, "vnic_profile": {"id": _stand_in("profile")}}
    return {}
