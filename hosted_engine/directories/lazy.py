"""Loads LDAP with the first question to a directory: sites without one never do, and no failover waits for it."""

from typing import TYPE_CHECKING, Any, cast

from hosted_engine.engine.users.directories import Directories

if TYPE_CHECKING:
    from hosted_engine.directories.directories import LdapDirectories


class _Lazy:
    def __init__(self) -> None:
        self._there: LdapDirectories | None = None

    def __getattr__(self, name: str) -> Any:
        if self._there is None:
            from hosted_engine.directories.directories import LdapDirectories

            self._there = LdapDirectories()
        return getattr(self._there, name)


def lazy_directories() -> Directories:
    return cast(Directories, _Lazy())
