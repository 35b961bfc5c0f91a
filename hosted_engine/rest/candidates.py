"""Who somebody says to be, whichever domain that is in, and what comes of their password."""

from dataclasses import dataclass
from typing import Protocol

from hosted_engine.engine.users.directory import Entry


@dataclass(frozen=True, slots=True)
class Person:
    """`groups` are the domain's ids of theirs; None where the store knows them at any time."""

    entry: Entry
    groups: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """`person` is None where the password is wrong; `exists` says whether there is such a user at all. `hindrance` is
    why a right one does not let them in, `expired` whether they can mend that themselves. As long as `stamp` is that of
    the next candidate of this name, the same password counts without being checked; None never is."""

    person: Person | None = None
    exists: bool = False
    hindrance: str = ""
    expired: bool = False
    stamp: object = None


class Candidate(Protocol):
    """`login` is written as the domain has it, so that one user has one counter of wrong passwords. `turn` names what
    is checked one after the other."""

    @property
    def login(self) -> str: ...
    @property
    def stamp(self) -> object: ...
    @property
    def turn(self) -> str: ...

    async def verify(self, password: str) -> Outcome:
        """Raises DirectoryUnavailable."""
