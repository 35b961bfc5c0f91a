"""Whose the passwords of directories are: whoever shows one is looked for, then signs on there as oneself."""

from dataclasses import dataclass

from hosted_engine.engine.users.directories import Directories, DirectorySettings
from hosted_engine.rest.candidates import Outcome, Person

REMEMBERED_S = 60.0  # so long a right password counts without asking the directory, as do its groups


@dataclass(frozen=True, slots=True)
class LdapCandidate:
    """`now` in seconds since the epoch."""

    directories: Directories
    settings: DirectorySettings
    principal: str
    now: float

    @property
    def login(self) -> str:
        """Directories look at no capital letters."""
        return f"{self.principal}@{self.settings.domain}".casefold()

    @property
    def stamp(self) -> object:
        """The same for a while, and while the domain is configured as it is."""
        return self.settings, self.now // REMEMBERED_S

    @property
    def turn(self) -> str:
        """Others do not wait for a directory that is slow."""
        return f"login {self.login}"

    async def verify(self, password: str) -> Outcome:
        user = await self.directories.find_user(self.settings, self.principal)
        if user is None:
            return Outcome()
        verdict = await self.directories.check_password(self.settings, user, password)
        if not verdict.right:
            return Outcome(exists=True)
        hindrance = verdict.hindrance or ("" if user.enabled else "the account is disabled in the directory")
        groups = () if hindrance else await self.directories.groups_of(self.settings, user)
        person = Person(user, tuple(group.id for group in groups))
        return Outcome(person, exists=True, hindrance=hindrance, stamp=self.stamp)
