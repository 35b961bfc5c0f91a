"""Actions whose answer holds more than that they were done, as their declaration says."""

from collections.abc import Sequence
from dataclasses import dataclass

from hosted_engine.engine.engine import Engine
from hosted_engine.engine.entity.request import File, Request
from hosted_engine.rest.call import Answer, Call, Handler
from hosted_engine.rest.entities import bodies


@dataclass(frozen=True, slots=True)
class RequestHandler:
    """`file`: what of the answer is also to be had by itself, with a GET of the object."""

    engine: Engine
    request: Request

    @property
    def file(self) -> File | None:
        return self.request.file

    async def __call__(self, call: Call) -> Answer:
        bodies.refuse_unknown(call.unknown)
        taken = await self.engine.store.read(lambda tx: bodies.take_inputs(tx, self.request.inputs, call.body))
        bodies.refuse("action", taken, {})
        answer = await self.engine.ask(self.request, call.caller, call.ids, taken.values)
        return Answer({"status": "complete", **answer})


def request_handlers(engine: Engine, requests: Sequence[Request]) -> dict[tuple[str, str], Handler]:
    return {(one.service, one.method): RequestHandler(engine, one) for one in requests}
