"""`trivet join`: ask the engine of a site that runs to take this node."""

import sys
import time
from pathlib import Path
from typing import NoReturn

import click
import msgspec

from node import config
from node.api.problems import Problem, Refused
from node.fingerprint import format_proquints, is_meant, why_not_fingerprint
from node.join_code import why_not_join_code
from node.registration.credentials import AUTHORITY, CERTIFICATE
from node.registration.join_files import ENGINE_PORT, OVER, JoinFiles, JoinState, JoinStatus, WantedJoin
from node.secret_prompt import secret
from node.system.files import read_or_none
from node.tls import certificate_fingerprint, fetch_certificate

CODE_OPTION = "--code-fd"
POLL_S = 0.5


class NotAsked(Refused):
    what = "Nothing was asked"
    why = "{reason}"
    mend = "{mend}"


class OwnFiles:
    """What the command needs of this machine; needs root."""

    def __init__(self, settings: config.Config) -> None:
        self._folder = settings.own_folder
        self.join = JoinFiles(settings.own_folder, Path(settings.scratch))

    @property
    def claimed(self) -> bool:
        return (self._folder / AUTHORITY).exists()

    def proquints(self) -> str:
        """Of this node's own key. Raises NotAsked."""
        certificate = read_or_none(self._folder / CERTIFICATE)
        if certificate is None:
            mend = "See that its agent runs: systemctl status trivet-node"
            raise NotAsked(reason="this node has no key yet", mend=mend)
        return format_proquints(certificate_fingerprint(certificate.decode()))


@click.command()
@click.argument("engine", required=False)
@click.option("--fingerprint", default="", help="The engine's four words or 64 digits; without them you are asked.")
@click.option("--port", default=ENGINE_PORT, show_default=True)
@click.option(
    CODE_OPTION, type=int, metavar="N", help="Read a join code from this file descriptor: nobody has to approve."
)
@click.option("--cancel", is_flag=True, help="Ask no longer.")
@click.option("--no-wait", is_flag=True, help="Leave the waiting to the agent, which goes on asking in any case.")
@click.option("--dry-run", is_flag=True, help="Show both sides' words, and ask nobody.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object at the end.")
def join(
    engine: str | None,
    fingerprint: str,
    port: int,
    code_fd: int | None,
    *,
    cancel: bool,
    no_wait: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Ask the engine of a site that runs, at ENGINE, to take this node. Needs root.

    Compare the words that are shown here with those on the other side, both ways: the engine's on a screen that you
    trust, this node's where the engine lists the host as pending approval. An administrator approves it there; with a
    join code that was made there beforehand nobody has to. The node goes on asking until that is decided, also after a
    reboot.
    """
    try:
        own = OwnFiles(config.load())
        if cancel:
            own.join.forget()
            _print("This node asks nobody to take it.", {"cancelled": True}, as_json=as_json)
            return
        if engine is None:
            raise NotAsked(reason="no engine was named", mend="Say: trivet join ENGINE")
        code = read_code(code_fd, fingerprint)
        found = fetch_fingerprint(own, engine, port, fingerprint)
        result: dict[str, object] = {
            "engine": engine,
            "engine_words": format_proquints(found),
            "words": own.proquints(),
        }
        if dry_run:
            _print("Nothing was asked.", result | {"state": "dry-run"}, as_json=as_json)
            return
        if not fingerprint:
            confirm(format_proquints(found), own.proquints(), ask=not as_json and sys.stdin.isatty())
        wanted = own.join.want(engine, port, found, code)
        status = (
            JoinStatus(attempt=wanted.attempt, state=JoinState.ASKING)
            if no_wait
            else follow(own, wanted, quiet=as_json)
        )
        _print("", result | {"state": status.state.value, "detail": status.detail}, as_json=as_json)
        sys.exit(1 if status.state in OVER else 0)
    except Problem as err:
        _fail(err, as_json=as_json)
    except PermissionError:
        _fail(NotAsked(reason="only root may do this", mend="Run it as root"), as_json=as_json)


def read_code(fd: int | None, fingerprint: str) -> str:
    """A join code, empty without one. Raises NotAsked, SecretUnreadable."""
    if fd is None:
        return ""
    if not fingerprint:
        mend = "Give the engine's words as --fingerprint: whoever answers in its place would learn the code"
        raise NotAsked(reason="a join code goes only to an engine that is known", mend=mend)
    code = secret("Join code", CODE_OPTION, fd).strip()
    if (reason := why_not_join_code(code)) is not None:
        raise NotAsked(reason=f"the join code {reason}", mend="Copy it from where it was made")
    return code


def fetch_fingerprint(own: OwnFiles, engine: str, port: int, expected: str) -> str:
    """The fingerprint of the engine's key. Raises NotAsked, also where it is not the `expected` one."""
    if own.claimed:
        raise NotAsked(reason="this node belongs to a site already", mend="Remove it there first")
    if expected and (reason := why_not_fingerprint(expected)) is not None:
        raise NotAsked(reason=f"{expected!r} {reason}", mend="Copy it from the engine's side")
    try:
        found = certificate_fingerprint(fetch_certificate(engine, port, None))
    except OSError as err:
        raise NotAsked(reason=f"{engine} does not answer: {err}", mend="Check address and network") from err
    if expected and not is_meant(expected, found):
        mend = "Do not go on before you know why: another machine may have answered in the engine's place"
        raise NotAsked(reason=f"{engine} shows the words {format_proquints(found)}, and not {expected}", mend=mend)
    return found


def confirm(engine_proquints: str, own_proquints: str, *, ask: bool) -> None:
    """Have somebody at this terminal compare. Raises NotAsked."""
    click.echo(f"The engine's words:    {engine_proquints}", err=True)
    click.echo(f"This node's own words: {own_proquints}", err=True)
    if not ask:
        raise NotAsked(reason="nobody has confirmed the engine's words", mend="Compare them and give --fingerprint")
    if not click.confirm("Are the engine's words the same on the other side?", default=False, err=True):
        raise NotAsked(reason="the words were not the same", mend="Find out who answers in the engine's place")


def follow(own: OwnFiles, wanted: WantedJoin, *, quiet: bool) -> JoinStatus:
    """Show what the agent learns until it is decided."""
    if not quiet:
        click.echo("Asking. Ctrl-C ends the waiting, not the asking; `trivet join --cancel` ends that.", err=True)
    shown = None
    while True:
        status = own.join.status()
        if status is not None and status.attempt == wanted.attempt and status != shown:
            shown = status
            if not quiet:
                click.echo(f"{status.state.value}{f': {status.detail}' if status.detail else ''}", err=True)
        if shown is not None and (shown.state in OVER or own.claimed):
            return shown
        if own.claimed:
            return JoinStatus(attempt=wanted.attempt, state=JoinState.ACCEPTED)
        time.sleep(POLL_S)


def _print(text: str, values: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(values).decode())
        return
    for line in (*(f"{name}: {value}" for name, value in values.items() if value), text):
        if line:
            click.echo(line)


def _fail(err: Problem, *, as_json: bool) -> NoReturn:
    if as_json:
        click.echo(msgspec.json.encode({"error": err.text}).decode())
    else:
        click.echo(str(err), err=True)
    sys.exit(2)
