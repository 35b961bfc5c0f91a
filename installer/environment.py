"""The one port of the installer's screens: all that they know of the machine, and all that they have done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from installer.answers import Answers, NetworkAnswers
from installer.preflight import Finding
from installer.prepare import Prepared
from installer.run import Progress
from installer.sysinfo import SysInfo
from node.api.problems import Failed


class CheckState(StrEnum):
    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"  # could not be asked


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried over the chosen network; `description` is a whole sentence. `is_conflict`: to go on
    would harm another machine."""

    state: CheckState
    description: str
    is_conflict: bool = False


@dataclass(frozen=True, slots=True)
class StepReport:
    """`at_s` is in seconds since the machine's start."""

    progress: Progress
    at_s: float


@dataclass(frozen=True, slots=True)
class LogLine:
    """What a step did, for who looks closer; in it is no secret."""

    text: str


@dataclass(frozen=True, slots=True)
class Installed:
    """What an operator writes down. `fingerprint` is in words; without `addresses` they come by DHCP."""

    addresses: tuple[str, ...] = ()
    fingerprint: str = ""
    claim_code: str = ""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An installation on a disk of this machine that was cut off. `answers` are those that it was begun with, as far as
    they can be read without a write; `done` counts its steps."""

    disk: str
    answers: Answers | None = None
    done: int = 0


class InstallationFailed(Failed):
    what = "{what}"
    why = "{why}"
    mend = "{mend}"


@dataclass(frozen=True, slots=True)
class Console:
    """Where the installation is being answered."""

    terminal: str
    page: str = ""


Report = Callable[[StepReport | LogLine], None]


class Environment(Protocol):
    """Raises node.api.problems.Problem or netconf.errors.Problem, which say what, why and how to mend it."""

    async def sysinfo(self) -> SysInfo: ...

    async def findings(self, sysinfo: SysInfo) -> Sequence[Finding]: ...

    async def unfinished(self) -> Unfinished | None: ...

    async def earlier_answers(self, unfinished: Unfinished) -> Answers:
        """For who goes on with it. Raises Refused when they are lost."""
        ...

    async def plan(self, answers: Answers, *, start_over: bool) -> Prepared:
        """Looks anew. Raises DoesNotFit, MachineUnfit. With `start_over` none that was cut off is gone on with."""
        ...

    async def test_network(self, network: NetworkAnswers, report: Callable[[Check], None]) -> None:
        """Brings the network up as answered, and reports what was tried as soon as it is known."""
        ...

    async def start(self, answers: Answers, *, start_over: bool) -> None:
        """Begin the installation; it goes on whatever becomes of this terminal. Raises Refused while another runs."""
        ...

    def is_running(self) -> bool:
        """Whether an installation was begun since the medium was started, by whichever console, and has not failed."""
        ...

    async def follow(self, report: Report) -> Installed:
        """Report all of that installation from its begin on. Raises InstallationFailed."""
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
