"""From a request without HTTP around it to an answer without HTTP around it: finds, reads, calls, follows, writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from hosted_engine.engine.users.model import Caller
from hosted_engine.limits import URL_BYTES
from hosted_engine.rest import faults
from hosted_engine.rest.call import Answer, Call, Handlers, Parameters, parse_query, split_path
from hosted_engine.rest.correlation import correlation_id
from hosted_engine.rest.follow import Follower
from hosted_engine.rest.media.checks import check_body
from hosted_engine.rest.media.formats import Format, format_of_answer, format_of_body
from hosted_engine.rest.media.json_read import JsonReader
from hosted_engine.rest.media.json_write import JsonWriter
from hosted_engine.rest.media.wire import SERVICE, Wire, shown
from hosted_engine.rest.media.xml_read import XmlReader
from hosted_engine.rest.media.xml_write import XmlWriter
from hosted_engine.rest.permissions.guard import Guard, leave_out
from hosted_engine.rest.problems import (
    ApiRefused,
    Malformed,
    NoSuchPath,
    NotAcceptable,
    NotThereYet,
    OtherId,
    UrlTooLong,
)
from hosted_engine.rest.router import Route, find, locate
from hosted_engine.rest.schema import Method, Schema

PREFIX = "/ovirt-engine/api"
_ROOT = split_path(PREFIX)[0]


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
    content_type: str = ""  # of an empty body
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Answers = tuple[XmlWriter | JsonWriter, str]  # what writes them, and their Content-Type


class Dispatcher:
    def __init__(self, schema: Schema, handlers: Handlers, guard: Guard) -> None:
        self._schema = schema
        self._handlers = handlers
        self._guard = guard
        self._readers: dict[Format, XmlReader | JsonReader] = {
            Format.XML: XmlReader(schema),
            Format.JSON: JsonReader(schema),
        }
        self._writers: dict[Format, XmlWriter | JsonWriter] = {
            Format.XML: XmlWriter(schema),
            Format.JSON: JsonWriter(schema),
        }

    async def reply(self, ask: Ask, caller: Caller) -> Reply:
        """Never raises: problems come back as faults."""
        headers: dict[str, str] = {}
        route = None
        try:
            segments, parameters = _take_apart(ask)
            headers["Correlation-Id"] = correlation = correlation_id(parameters)
            if ask.http == "OPTIONS":
                return Reply(status=200, headers=headers | {"Allow": ", ".join(self._allowed(segments))})
            route = find(self._schema, segments, ask.http)
            answers = self._answers(ask)  # nothing is done whose answer could not be given
            answer = await self._answer(route, ask, parameters, replace(caller, correlation_id=correlation))
            return self._write(answers, answer, route, headers)
        except Exception as err:  # noqa: BLE001 - the outermost place: every error becomes a document
            return self.refusal(ask, err, headers, action=route is not None and route.method.is_action)

    def refusal(self, ask: Ask, err: Exception, headers: Mapping[str, str], *, action: bool = False) -> Reply:
        try:
            writer, content_type = self._answers(ask)
        except NotAcceptable:
            writer, content_type = self._answers(Ask(http=ask.http, path=ask.path))
        document = (
            writer.one(faults.failed_action(err), "Action") if action else writer.one(faults.fault_of(err), "Fault")
        )
        more = err.headers if isinstance(err, ApiRefused) else {}
        return Reply(
            status=faults.status_of(err), content_type=content_type, body=document, headers={**headers, **more}
        )

    def _allowed(self, segments: Sequence[str]) -> Sequence[str]:
        return "OPTIONS", *locate(self._schema, segments).allowed

    async def _answer(self, route: Route, ask: Ask, parameters: Parameters, caller: Caller) -> Answer:
        unknown: list[str] = []
        body = self._read(route, ask, unknown)
        answer = await self._call(route, parameters, body, caller, tuple(dict.fromkeys(unknown)))
        if (follow := parameters.text("follow")) and answer.value is not None:
            beside = {"filter": "true"} if parameters.boolean("filter") else {}
            await Follower(self._schema, lambda href: self._get(href, caller, beside)).follow(
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
        call = self._guard.admit(call)
        answer = leave_out(call, await handler(call))
        self._tell_service(route, answer)
        return answer

    async def _get(self, href: str, caller: Caller, beside: Mapping[str, str]) -> Wire | list[Wire] | None:
        """What a link leads to, for `follow`; `beside` is what the request says of all of them."""
        segments, matrix = split_path(href.partition("?")[0])
        route = find(self._schema, segments[len(_ROOT) :], "GET")
        return (await self._call(route, Parameters(matrix=matrix, headers=beside), {}, caller)).value

    def _tell_service(self, route: Route, answer: Answer) -> None:
        """Mark what is answered with its service, so that links and actions are written."""
        if route.method.is_action or answer.value is None:
            return
        name = route.service.item if route.method.name in ("list", "add") else route.service.name
        for value in answer.value if isinstance(answer.value, list) else [answer.value]:
            if name:
                value.setdefault(SERVICE, name)

    def _read(self, route: Route, ask: Ask, unknown: list[str]) -> Wire:
        method, is_empty = route.method, not ask.body.strip()
        kind = "Action" if method.is_action else _type_taken(self._schema, method)
        if kind is None or method.http not in ("POST", "PUT") or (method.is_action and is_empty):
            return {}
        if is_empty:
            raise Malformed(problem=f"The body is empty, and a {self._schema.type(kind).tag} has to be in it")
        its_format, charset = format_of_body(ask.headers.get("content-type", ""), ask.body)
        body = self._readers[its_format].one(ask.body, kind, charset=charset, unknown=unknown)
        check_body(self._schema, body, kind)
        if method.name == "update":
            _check_id(body, route.object_id, self._schema.type(kind).tag)
        return body

    def _write(self, answers: Answers, answer: Answer, route: Route, headers: dict[str, str]) -> Reply:
        writer, content_type = answers
        if isinstance(answer.value, list):
            body = writer.many(answer.value, _type_given(route.method))
        elif route.method.is_action or route.method.http == "DELETE" or answer.value is None:
            body = writer.one({"status": "complete"} | (answer.value or {}), "Action")
        else:
            body = writer.one(answer.value, _type_given(route.method))
            if route.method.name == "add" and (href := answer.value.get("href")):
                headers["Location"] = href
        return Reply(status=answer.status, content_type=content_type, body=body, headers=headers)

    def _answers(self, ask: Ask) -> Answers:
        """Raises NotAcceptable."""
        its_format, media_type = format_of_answer(ask.headers.get("accept", ""))
        return self._writers[its_format], f"{media_type};charset=UTF-8"


def _check_id(body: Wire, there: str | None, tag: str) -> None:
    """Raises OtherId."""
    if there is not None and (given := body.get("id", there)) != there:
        raise OtherId(element=tag, given=shown(str(given)), there=there)


def _take_apart(ask: Ask) -> tuple[list[str], Parameters]:
    """The segments below the API's root, and what the request says beside its path."""
    if len(ask.path) + len(ask.query) > URL_BYTES:
        raise UrlTooLong(limit=URL_BYTES)
    segments, matrix = split_path(ask.path)
    segments = segments[len(_ROOT) :]
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
