"""The one port of the installer's screens: all that they know of the machine, and all that they have done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from installer.answers import Answers, NetworkAnswers
from installer.sysinfo import SysInfo


class Finding(Protocol):
    """`severity` is error, warning or note; only an error stops an installation."""

    @property
    def severity(self) -> str: ...
    @property
    def what(self) -> str: ...
    @property
    def why(self) -> str: ...
    @property
    def mend(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Losing:
    """A disk that is not empty and loses its content. `known_as` is what is typed again: its serial number, its WWN,
    or its name where it has neither."""

    disk: str
    known_as: str
    contents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReviewPlan:
    lines: tuple[str, ...]
    losing: tuple[Losing, ...] = ()


class CheckState(StrEnum):
    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"  # could not be asked


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried over the chosen network; `description` is a whole sentence."""

    state: CheckState
    description: str


class StepState(StrEnum):
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StepReport:
    """`number` counts from 1 to `total`. `at_s` is in seconds since the machine's start, `log` what the step said."""

    number: int
    total: int
    description: str
    state: StepState
    at_s: float
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Installed:
    """What an operator writes down. `fingerprint` is in words."""

    addresses: tuple[str, ...] = ()
    fingerprint: str = ""
    claim_code: str = ""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An installation on a disk of this machine that was cut off; `answers` are those that it was begun with."""

    disk: str
    done: int
    total: int
    answers: Answers
    last_step: str = ""


@dataclass(frozen=True, slots=True)
class Console:
    """Where the installation is being answered."""

    terminal: str
    page: str = ""


Report = Callable[[StepReport], None]


class Surroundings(Protocol):
    """Raises node.api.problems.Problem or netconf.errors.Problem, which say what, why and how to mend it."""

    async def sysinfo(self) -> SysInfo: ...

    async def findings(self, sysinfo: SysInfo) -> Sequence[Finding]: ...

    async def unfinished(self) -> Unfinished | None: ...

    async def plan(self, answers: Answers) -> ReviewPlan:
        """Raises Refused with the reasons."""
        ...

    async def test_network(self, network: NetworkAnswers, report: Callable[[Check], None]) -> None:
        """Brings the network up as answered, and reports what was tried as soon as it is known."""
        ...

    async def start(self, answers: Answers) -> None:
        """Begin the installation, or go on with the one that is unfinished. Raises Refused while another runs. It goes
        on whatever becomes of this terminal."""
        ...

    def is_running(self) -> bool:
        """Whether an installation was begun since the medium was started, by whichever console, and has not failed."""
        ...

    async def follow(self, report: Report) -> Installed:
        """Report all steps of that installation from its first on. Raises the problem with which it failed."""
        ...

    async def hash_password(self, text: str) -> str: ...

    async def reboot(self) -> None: ...

    def shell(self) -> None:
        """On this terminal, until the operator leaves it."""
        ...


class Session(Protocol):
    """Which of the consoles answers: one at a time, with the answers so far in a place that the next one takes over."""

    @property
    def terminal(self) -> str:
        """The name of this one."""
        ...

    def elsewhere(self) -> Console | None:
        """The other console that is answering now; None when it is this one, or none."""
        ...

    def take(self, page: str = "") -> None:
        """From now on this console answers, and is at `page`."""
        ...

    def is_here(self) -> bool: ...

    def save(self, draft: bytes) -> None: ...

    def load(self) -> bytes | None: ...

    def leave(self) -> None: ...


@dataclass
class OneConsole:
    """A session of a single console."""

    terminal: str = "this terminal"
    saved: bytes | None = field(default=None, repr=False)

    def elsewhere(self) -> Console | None:
        return None

    def take(self, page: str = "") -> None:
        """It is here already."""

    def is_here(self) -> bool:
        return True

    def save(self, draft: bytes) -> None:
        self.saved = draft

    def load(self) -> bytes | None:
        return self.saved

    def leave(self) -> None:
        """There is nobody else."""
