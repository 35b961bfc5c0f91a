"""From a request without HTTP around it to an answer without HTTP around it: finds, reads, calls, follows, writes."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from hosted_engine.engine.entity.request import File
from hosted_engine.engine.permissions.problems import AdministratorsOnly, NotPermitted, UserViewOnly
from hosted_engine.engine.users.model import Caller
from hosted_engine.limits import URL_BYTES
from hosted_engine.rest import faults
from hosted_engine.rest.batch import Batch, one_by_one
from hosted_engine.rest.call import Answer, Call, Handler, Handlers, Parameters, parse_query, split_path
from hosted_engine.rest.correlation import correlation_id
from hosted_engine.rest.follow import Follower
from hosted_engine.rest.media.checks import check_body
from hosted_engine.rest.media.formats import Format, asks_for, format_of_answer, format_of_body
from hosted_engine.rest.media.json_read import JsonReader
from hosted_engine.rest.media.json_write import JsonWriter
from hosted_engine.rest.media.objects import Objects
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
from hosted_engine.rest.refusals import RefusalLog
from hosted_engine.rest.router import Route, find, locate
from hosted_engine.rest.schema import Method, Schema
from node.api.problems import Problem

log = logging.getLogger(__name__)

PREFIX = "/ovirt-engine/api"
_ROOT = split_path(PREFIX)[0]
_ASIDE = 200  # objects that are written in a thread
_TOGETHER = 1000  # links that are followed before others get their turn


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
    def __init__(self, schema: Schema, handlers: Handlers, guard: Guard, refusals: RefusalLog | None = None) -> None:
        self._schema = schema
        self._handlers = handlers
        self._guard = guard
        self._refusals = refusals
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
            if (file := self._file(route, ask)) is not None:
                return await self._reply_file(file, parameters, replace(caller, correlation_id=correlation), headers)
            answers = self._answers(ask)  # nothing is done whose answer could not be given
            answer = await self._answer(route, ask, parameters, replace(caller, correlation_id=correlation))
            return await self._write(answers, answer, route, headers)
        except Exception as err:  # noqa: BLE001 - the outermost place: every error becomes a document
            await self._note_refusal(ask, caller, err)
            return self.refusal(ask, err, headers, action=route is not None and route.method.is_action)

    async def _note_refusal(self, ask: Ask, caller: Caller, err: Exception) -> None:
        if self._refusals is not None and isinstance(err, NotPermitted | AdministratorsOnly | UserViewOnly):
            try:
                await self._refusals.note(caller, ask.http, ask.path, err)
            except Exception:
                log.exception("a refusal was not written down")  # and is one all the same

    def _file(self, route: Route, ask: Ask) -> tuple[Route, File] | None:
        """The action whose answer holds what is asked for instead of the object, where there is one."""
        accept = ask.headers.get("accept", "")
        if route.method.name != "get" or not accept:
            return None
        for method in route.service.methods.values():
            file = getattr(self._handlers.get((route.service.name, method.name)), "file", None)
            if isinstance(file, File) and asks_for(accept, file.media_type):
                return replace(route, method=method), file
        return None

    async def _reply_file(
        self, found: tuple[Route, File], parameters: Parameters, caller: Caller, headers: dict[str, str]
    ) -> Reply:
        route, file = found
        call = await self._guard.admit(_call_of(route, parameters, {}, caller))
        answer = await self._handler(route)(call)
        assert isinstance(answer.value, dict)
        headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
        body = str(answer.value[file.element]).encode()
        return Reply(status=200, content_type=f"{file.media_type};charset=UTF-8", body=body, headers=headers)

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
        handler, unknown = self._handler(route), list[str]()
        body = self._read(route, ask, unknown)
        call = await self._guard.admit(_call_of(route, parameters, body, caller, tuple(dict.fromkeys(unknown))))
        answer = leave_out(call, await handler(call))
        self._set_service(route, answer)
        if (follow := parameters.text("follow")) and answer.value is not None:
            follower, value = Follower(self._schema, lambda hrefs: self._get(hrefs, call)), _nested(answer.value)
            await follower.follow(value, _type_given(route.method), follow)
            return Answer(value, answer.status)
        return answer

    async def _get(self, hrefs: Sequence[str], asked: Call) -> Mapping[str, Wire | list[Wire]]:
        """What links lead to, for `follow`; those of one kind are asked together. One that leads nowhere, or to what is
        not there yet or not shown to the caller, is left out."""
        found: dict[str, Wire | list[Wire]] = {}
        kinds: dict[object, list[tuple[str, Route]]] = {}
        for href in hrefs:
            with suppress(Problem):
                segments = split_path(href.partition("?")[0])[0]
                route = find(self._schema, segments[len(_ROOT) :], "GET")
                kinds.setdefault((route.service.name, route.method.name, *route.ids), []).append((href, route))
        for alike in kinds.values():
            with suppress(Problem):
                found |= await self._get_alike(alike, asked)
        return found

    async def _get_alike(self, alike: Sequence[tuple[str, Route]], asked: Call) -> Mapping[str, Wire | list[Wire]]:
        handler = self._handler(alike[0][1])
        answers: list[Answer | None] = []
        for start in range(0, len(alike), _TOGETHER):
            await asyncio.sleep(0)  # nothing on the way waits for anything: others get their turn here
            some = [_linked(route, asked) for _, route in alike[start : start + _TOGETHER]]
            admitted = some if asked.full_view else await self._guard.admit_many(some)
            answers += await _answers_of(handler, admitted)
        found = {}
        for (href, route), answer in zip(alike, answers, strict=True):
            if answer is not None and answer.value is not None:
                self._set_service(route, answer)
                found[href] = _nested(answer.value)
        return found

    def _handler(self, route: Route) -> Handler:
        handler = self._handlers.get((route.service.name, route.method.name))
        if handler is None:
            raise NotThereYet(service=route.service.name, method=route.method.name)
        return handler

    def _set_service(self, route: Route, answer: Answer) -> None:
        """Mark what is answered with its service, so that links and actions are written."""
        if route.method.is_action or answer.value is None:
            return
        name = route.service.item if route.method.name in ("list", "add") else route.service.name
        if isinstance(answer.value, Objects):
            answer.value.service = name
            return
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

    async def _write(self, answers: Answers, answer: Answer, route: Route, headers: dict[str, str]) -> Reply:
        writer, content_type = answers
        if isinstance(answer.value, list | Objects):
            values, kind = answer.value, _type_given(route.method)
            aside = len(values) > _ASIDE  # takes too long to hold up everybody else
            body = await asyncio.to_thread(writer.many, values, kind) if aside else writer.many(values, kind)
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


def _call_of(route: Route, parameters: Parameters, body: Wire, caller: Caller, unknown: tuple[str, ...] = ()) -> Call:
    return Call(
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


def _linked(route: Route, asked: Call) -> Call:
    """What a link in the answer leads to, as whoever asked would ask for it."""
    view = Parameters(headers={"filter": "true"} if asked.parameters.boolean("filter") else {})
    return replace(_call_of(route, view, {}, asked.caller), full_view=asked.full_view)


async def _answers_of(handler: Handler, calls: Sequence[Call | None]) -> Sequence[Answer | None]:
    """None for one that was not admitted."""
    admitted = [call for call in calls if call is not None]
    if not admitted:
        return [None] * len(calls)
    many = handler.many(admitted) if isinstance(handler, Batch) else one_by_one(handler, admitted)
    answers = iter([one and leave_out(call, one) for call, one in zip(admitted, await many, strict=True)])
    return [next(answers) if call is not None else None for call in calls]


def _nested(value: Wire | list[Wire] | Objects) -> Wire | list[Wire]:
    return value.wires() if isinstance(value, Objects) else value


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
