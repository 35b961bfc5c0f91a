"""`trivet-domains` against a real slapd, as a process of its own: as root types it in the engine's VM."""

import os
import subprocess
import sys
from pathlib import Path

from tests.fakes.engine import World
from tests.integration.ldap.server import BASE, BIND_DN, BIND_PASSWORD, Slapd

RUN = """
import sys
from hosted_engine import config
settings = config.Config(state=sys.argv.pop(1))
config.load = lambda: settings
from hosted_engine.domains.__main__ import main
main()
"""


def run(folder: Path, *argv: str, password: str = BIND_PASSWORD) -> tuple[int, str]:
    """Its status and all that it says; the password comes through a pipe, on no command line."""
    reading, writing = os.pipe()
    os.write(writing, f"{password}\n".encode())
    os.close(writing)
    given = tuple(str(reading) if word == "FD" else word for word in argv)
    command = (sys.executable, "-c", RUN, str(folder), *given)
    done = subprocess.run(command, capture_output=True, text=True, pass_fds=(reading,), timeout=60)
    os.close(reading)
    return done.returncode, done.stdout + done.stderr


def test_a_directory_is_tried_added_and_asked(server: Slapd, tmp_path: Path) -> None:
    World(url=f"sqlite:///{tmp_path}/engine.db").store.close()
    jane = server.add_user("jane", "Jane-word-1")
    server.add_group("all", server.add_group("admins", jane))
    said = ("--schema", "openldap", "--base-dn", BASE, "--bind-dn", BIND_DN, "--ca-file", str(server.folder / "ca.pem"))
    add = ("add-ldap", "corp", "--server", f"{server.address}:{server.ldaps_port}", *said, "--password-fd", "FD")
    status, text = run(tmp_path, *add, password="wrong")
    assert (status, "was not let in to search" in text) == (1, True), text
    assert run(tmp_path, "list") == (0, "internal  internal\n")
    status, text = run(tmp_path, *add)
    assert (status, "users are: jane" in text) == (0, True), text
    status, text = run(tmp_path, "test", "corp", "--user", "JANE")
    assert f"jane is {jane}, in the groups " in text
    assert {"admins", "all"} == set(text.rpartition("groups ")[2].strip().split(", "))
    status, text = run(
        tmp_path, "set", "corp", "--tls", "starttls", "--server", f"{server.address}:{server.ldaps_port}"
    )
    assert (status, "none of its servers answers" in text) == (1, True)
    status, text = run(
        tmp_path, "set", "corp", "--tls", "starttls", "--server", f"{server.address}:{server.starttls_port}"
    )
    assert status == 0, text
    assert not [file for file in tmp_path.iterdir() if BIND_PASSWORD.encode() in file.read_bytes()]
