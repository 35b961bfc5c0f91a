"""From a request without HTTP around it to an answer without HTTP around it: finds, reads, calls, follows, writes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hosted_engine.engine.users.model import Caller
from hosted_engine.limits import URL_BYTES
from hosted_engine.rest import faults
from hosted_engine.rest.call import Answer, Call, Handlers, Parameters, parse_query, split_path
from hosted_engine.rest.correlation import correlation_id
from hosted_engine.rest.follow import Follower
from hosted_engine.rest.media.checks import check_body
from hosted_engine.rest.media.json_read import JsonReader
from hosted_engine.rest.media.json_write import JsonWriter
from hosted_engine.rest.media.wire import SERVICE, Wire
from hosted_engine.rest.media.xml_read import XmlReader
from hosted_engine.rest.media.xml_write import XmlWriter
from hosted_engine.rest.problems import Malformed, NoSuchPath, NotThereYet, UrlTooLong
from hosted_engine.rest.router import Route, find
from hosted_engine.rest.schema import Method, Schema

PREFIX = "/ovirt-engine/api"
_XML, _JSON = "application/xml", "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """`path` is raw (percent-encoded), with the prefix; header names are in lower case."""

    http: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Dispatcher:
    def __init__(self, schema: Schema, handlers: Handlers) -> None:
        self._schema = schema
        self._handlers = handlers
        self._readers: dict[str, XmlReader | JsonReader] = {_XML: XmlReader(schema), _JSON: JsonReader(schema)}
        self._writers: dict[str, XmlWriter | JsonWriter] = {_XML: XmlWriter(schema), _JSON: JsonWriter(schema)}

    async def reply(self, ask: Ask, caller: Caller) -> Reply:
        """Never raises: problems come back as faults."""
        headers: dict[str, str] = {}
        route = None
        try:
            segments, parameters = _take_apart(ask)
            headers["Correlation-Id"] = correlation = correlation_id(parameters)
            route = find(self._schema, segments, ask.http)
            caller = replace(caller, correlation_id=correlation)
            answer = await self._answer(route, ask, parameters, caller)
            return self._write(ask, answer, route, headers)
        except Exception as err:  # noqa: BLE001 - the outermost place: every error becomes a document
            return self.refusal(ask, err, headers, action=route is not None and route.method.is_action)

    def refusal(self, ask: Ask, err: Exception, headers: Mapping[str, str], *, action: bool = False) -> Reply:
        writer, content_type = self._writer(ask)
        document = (
            writer.one(faults.failed_action(err), "Action") if action else writer.one(faults.fault_of(err), "Fault")
        )
        return Reply(status=faults.status_of(err), content_type=content_type, body=document, headers=headers)

    async def _answer(self, route: Route, ask: Ask, parameters: Parameters, caller: Caller) -> Answer:
        unknown: list[str] = []
        body = self._read(route.method, ask, unknown)
        answer = await self._call(route, parameters, body, caller, tuple(dict.fromkeys(unknown)))
        if (follow := parameters.text("follow")) and answer.value is not None:
            await Follower(self._schema, lambda href: self._get(href, caller)).follow(
                answer.value, _type_given(route.method), follow
            )
        return answer

    async def _call(
        self, route: Route, parameters: Parameters, body: Wire, caller: Caller, unknown: tuple[str, ...] = ()
    ) -> Answer:
        handler = self._handlers.get((route.service.name, route.method.name))
        if handler is None:
            raise NotThereYet(service=route.service.name, method=route.method.name)
        call = Call(
            service=route.service,
            method=route.method,
            path="/".join((PREFIX, *route.segments)),
            ids=route.ids,
            parameters=parameters,
            body=body,
            caller=caller,
            unknown=unknown,
            wait=_wants_to_wait(parameters, body),
        )
        answer = await handler(call)
        self._tell_service(route, answer)
        return answer

    async def _get(self, href: str, caller: Caller) -> Wire | list[Wire] | None:
        """What a link leads to, for `follow`."""
        segments, matrix = split_path(href.partition("?")[0].removeprefix(PREFIX))
        route = find(self._schema, segments, "GET")
        return (await self._call(route, Parameters(matrix=matrix), {}, caller)).value

    def _tell_service(self, route: Route, answer: Answer) -> None:
        """Mark what is answered with its service, so that links and actions are written."""
        if route.method.is_action or answer.value is None:
            return
        name = route.service.item if route.method.name in ("list", "add") else route.service.name
        for value in answer.value if isinstance(answer.value, list) else [answer.value]:
            if name:
                value.setdefault(SERVICE, name)

    def _read(self, method: Method, ask: Ask, unknown: list[str]) -> Wire:
        kind = "Action" if method.is_action else _type_taken(self._schema, method)
        if kind is None or method.http not in ("POST", "PUT") or (method.is_action and not ask.body.strip()):
            return {}
        if not ask.body.strip():
            raise Malformed(problem=f"The body is empty, and a {self._schema.type(kind).tag} has to be in it")
        reader = self._readers[_JSON if "json" in ask.headers.get("content-type", "") else _XML]
        body = reader.one(ask.body, kind, unknown=unknown)
        check_body(self._schema, body, kind)
        return body

    def _write(self, ask: Ask, answer: Answer, route: Route, headers: dict[str, str]) -> Reply:
        writer, content_type = self._writer(ask)
        if isinstance(answer.value, list):
            body = writer.many(answer.value, _type_given(route.method))
        elif route.method.is_action or route.method.http == "DELETE" or answer.value is None:
            body = writer.one({"status": "complete"} | (answer.value or {}), "Action")
        else:
            body = writer.one(answer.value, _type_given(route.method))
            if route.method.name == "add" and (href := answer.value.get("href")):
                headers["Location"] = href
        return Reply(status=answer.status, content_type=content_type, body=body, headers=headers)

    def _writer(self, ask: Ask) -> tuple[XmlWriter | JsonWriter, str]:
        accept = ask.headers.get("accept", "")
        wanted = _JSON if "json" in accept and "xml" not in accept else _XML
        return self._writers[wanted], f"{wanted};charset=UTF-8"


def _take_apart(ask: Ask) -> tuple[list[str], Parameters]:
    """The segments below the API's root, and what the request says beside its path."""
    if len(ask.path) + len(ask.query) > URL_BYTES:
        raise UrlTooLong(limit=URL_BYTES)
    segments, matrix = split_path(ask.path.removeprefix(PREFIX))
    if any("\0" in segment for segment in segments):  # no id has it, and not every database takes the question
        raise NoSuchPath(path="this path")
    return segments[1:] if segments[:1] == ["v4"] else segments, Parameters(parse_query(ask.query), matrix, ask.headers)


def _wants_to_wait(parameters: Parameters, body: Wire) -> bool:
    expects = parameters.headers.get("expect", "").replace(" ", "").lower().split(";")[0]
    return expects == "201-created" or parameters.boolean("async") is False or body.get("async") is False


def _type_given(method: Method) -> str:
    return next(iter(method.gives.values()), "Action").removesuffix("[]")


def _type_taken(schema: Schema, method: Method) -> str | None:
    return next((kind for kind in method.takes.values() if schema.is_type(kind)), None)
