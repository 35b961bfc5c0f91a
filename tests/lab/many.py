"""Plain HTTP to the engine of a lab, many requests at once: what each was answered."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx

from tests.lab.under_test import LabUnderTest

ANSWER_S = 300.0  # an engine in emulation that has fifty things to do


@dataclass(frozen=True)
class Question:
    method: str
    path: str
    body: Any = None


@dataclass(frozen=True)
class Answer:
    code: int
    body: dict[str, Any]

    @property
    def reason(self) -> str:
        """Of what was refused, in the engine's words."""
        fault = self.body.get("fault", self.body)
        return f"{fault.get('reason', '')}: {fault.get('detail', '')}"


def at_once(lab: LabUnderTest, questions: Sequence[Question]) -> list[Answer]:
    """Answers in the order of the questions."""
    with _client(lab) as client, ThreadPoolExecutor(len(questions)) as threads:
        return list(threads.map(lambda one: _ask(client, one), questions))


def ask(lab: LabUnderTest, method: str, path: str, body: Any = None) -> Answer:
    with _client(lab) as client:
        return _ask(client, Question(method, path, body))


def _ask(client: httpx.Client, question: Question) -> Answer:
    answer = client.request(question.method, question.path, json=question.body)
    return Answer(answer.status_code, dict(answer.json()) if answer.content else {})


def _client(lab: LabUnderTest) -> httpx.Client:
    return httpx.Client(
        base_url=lab.url,
        auth=(lab.user, lab.password),
        verify=str(lab.authority),
        headers={"Accept": "application/json"},
        timeout=ANSWER_S,
        limits=httpx.Limits(max_connections=None),
        trust_env=False,
    )
