"""What is asked of a node at once, by an action of the API whose answer holds more than that it was done."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from hosted_engine.engine.command import Dependencies
from hosted_engine.engine.entity.field import Field
from hosted_engine.engine.users.model import Caller

Elements = Mapping[str, Any]  # of the answer, as they are nested on the wire
AnswerRequest = Callable[[Dependencies, Caller, Mapping[str, str], Mapping[str, Any]], Coroutine[Any, Any, Elements]]


@dataclass(frozen=True, slots=True)
class File:
    """A GET of the object that accepts `media_type` is answered with the element `element` of the action alone."""

    media_type: str
    element: str
    name: str


@dataclass(frozen=True, slots=True)
class Request:
    """No job comes of it, and what it is about is not kept: it may be a secret. `answer` is handed the ids in the path
    and what of `inputs` was said."""

    service: str
    method: str
    answer: AnswerRequest
    inputs: Mapping[str, Field] = field(default_factory=dict)
    file: File | None = None
