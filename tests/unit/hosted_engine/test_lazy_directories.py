"""The engine's process starts without LDAP, and has it when somebody asks."""

import subprocess
import sys
from dataclasses import replace

import pytest

from hosted_engine.directories.directories import LdapDirectories
from hosted_engine.directories.lazy import lazy_directories
from hosted_engine.engine.users.directories import DirectorySettings, DirectoryUnavailable, settings_of
from tests.fakes.directory import add_directory_domain
from tests.fakes.engine import AUTHORITY, World

LOADED = "import sys, hosted_engine.main; print('ldap3' in sys.modules)"


def test_the_engine_starts_without_it() -> None:
    done = subprocess.run((sys.executable, "-c", LOADED), capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


async def test_it_is_there_when_somebody_asks() -> None:
    world = World()
    add_directory_domain(world.store, "corp-authz")
    with world.store.transaction() as tx:
        there = settings_of(tx, "corp-authz")
    assert there is not None
    directory = replace(there.directory, servers=("127.0.0.1:1",), authority_pem=AUTHORITY.certificate)
    directories = lazy_directories()
    with pytest.raises(DirectoryUnavailable):
        await directories.find_user(DirectorySettings("corp", directory, "x"), "jane")
    assert directories.find_user.__self__._failed  # type: ignore[attr-defined]  # the same one, asked again
    assert isinstance(directories.find_user.__self__, LdapDirectories)  # type: ignore[attr-defined]  # a bound method
