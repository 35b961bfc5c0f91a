"""A case: an example, what it needs, and the oracle that says outside the API whether it did what it is for."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import ovirtsdk4 as sdk

from tests.conformance.examples.front import Request
from tests.conformance.examples.state import Differs, State


class Site(Protocol):
    """What fixtures may use; `execute` is for what the API cannot do yet."""

    def connection(self) -> Any: ...

    def execute(self, statement: str, *values: object) -> None: ...

    def await_storage(self) -> None: ...

    def report_guests(self) -> None: ...
    def add_machine(self, number: int, *names: str) -> None: ...
    def fill_directory(self, domain: str, base_dn: str, groups: Iterable[str]) -> None: ...
    def slow_down(self, delay_s: float) -> None: ...
    def fill_image(self, disk_id: str) -> None: ...
    def write_zeros(self, disk_id: str) -> None: ...

    def state(self) -> State: ...


class Blocked(Exception):
    """What a case needs cannot be there; the text says what is missing."""


@dataclass(frozen=True)
class ExampleRun:
    """What an oracle judges: the state around the run, what was printed, the folder in which it ran, what was asked."""

    before: State
    after: State
    output: str = ""
    folder: Path = Path("/nonexistent")
    requests: Sequence[Request] = ()
    result: Mapping[str, Any] = field(default_factory=dict)  # of a module of Ansible

    def expect_printed(self, *texts: object) -> None:
        lines = self.output.splitlines()
        for text in texts:
            if not any(str(text) in line for line in lines):
                raise Differs(f"'{text}' was not printed")


Oracle = Callable[[ExampleRun], None]
Fixture = Callable[[Site], None]
Arguments = Callable[[State], Sequence[str]]


def no_arguments(state: State) -> Sequence[str]:
    return ()


@dataclass(frozen=True)
class Case:
    """`reads`: it changes nothing, so that what it printed is held to the database of another site, too. `endless`: it
    runs until it is interrupted, which is done when it has printed that text. `files` makes what lies in the folder in
    which it runs. `during` is done while it runs, `then` after it and before the oracle looks. A case without an oracle
    is run to find out what is missing; it cannot be true. `script` is that of a variant, which has a name of its own; a
    `program` is one of the environment's instead."""

    name: str
    oracle: Oracle | None = None
    needs: tuple[Fixture, ...] = ()
    arguments: Arguments = no_arguments
    reads: bool = False
    endless: str = ""
    script: str = ""
    program: str = ""
    files: Callable[[Path], None] | None = None
    during: Fixture | None = None
    then: Fixture | None = None


class Verdict(StrEnum):
    TRUE = "true"
    HOLLOW = "hollow"  # it ended well, and what it is for was not there
    FAILED = "failed"
    BLOCKED = "blocked"


@dataclass(frozen=True)
class Outcome:
    name: str
    verdict: Verdict
    reason: str = ""
    seconds: float = 0.0
    log: str = field(default="", repr=False)


def difference(oracle: Oracle, run: ExampleRun) -> str | None:
    """What the oracle misses; None when all is as it should be."""
    try:
        oracle(run)
    except Differs as err:
        return str(err)
    except (LookupError, ValueError) as err:  # what it looks at has another shape
        return f"the oracle found no {err} ({type(err).__name__})"
    return None


class Judged(Protocol):
    @property
    def oracle(self) -> Oracle | None: ...

    @property
    def reads(self) -> bool: ...


def blind_spot(case: Judged, run: ExampleRun) -> str | None:
    """Whether the oracle would also have been content with less: the negative twins."""
    assert case.oracle is not None
    if difference(case.oracle, ExampleRun(run.before, run.before)) is None:
        return "the oracle is content when the example is not run"
    if case.reads:
        other = run.after.of_another_site()
        if difference(case.oracle, replace(run, before=other, after=other)) is None:
            return "the oracle is content with what another site would print"
    return None


def why_refused(err: sdk.Error) -> str:
    return " ".join(str(err).split())
