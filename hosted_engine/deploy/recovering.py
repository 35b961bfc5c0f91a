"""`trivet deploy --recover`: asks for the recovery code and brings the deploy's folder back on this node."""

import os
import sys
import tomllib

import click
import msgspec

from hosted_engine.deploy import here, recovery, safekeeping
from hosted_engine.deploy.answers import Answers
from hosted_engine.deploy.connector import Connector
from hosted_engine.deploy.folder import Folder
from hosted_engine.deploy.here import NoRecoveryFile, NoSite
from hosted_engine.deploy.progress import ProgressReporter
from node import config
from node.api.problems import Refused

MAX_CODE = 256


class NoCode(Refused):
    what = "Nothing was recovered"
    why = "there is no terminal to ask for the recovery code on, and --code-fd was not given"
    mend = "Run it on a terminal, or hand the code in: trivet deploy --recover --code-fd 0 <FILE"


class ConfigWrong(Refused):
    what = "Nothing was begun"
    why = "{path} cannot be used, and so nobody knows whether this machine is a member of a site: {reason}"
    mend = "Correct it: trivet-node does not start with it either"


class CodeWrong(Refused):
    what = "Nothing was recovered"
    why = "what was given as the recovery code {reason}"
    mend = "Type it as the deploy has shown it; case, blanks and hyphens do not matter"


def check_here(answers: Answers, folder: Folder, connector: Connector) -> None:
    """Refuse a deploy of this machine over a living site that it is a member of and `folder` knows nothing of."""
    if connector.own(answers) is None:
        return
    if (problem := here.why_not_deploy(_observe(), folder)) is not None:
        raise problem


def recover_here(folder: Folder, reporter: ProgressReporter, *, code_fd: int | None, dry_run: bool) -> None:
    found = _observe()
    if found is None:
        raise NoSite
    if found.recovery is None:
        raise NoRecoveryFile(node=found.node, site=found.site, reason=found.trouble)
    if folder.has_decisions():
        raise safekeeping.FolderThere(folder=folder.path)
    if dry_run:
        reporter.report(f"would bring back {folder.path} for {found.site}")
        return
    reporter.report(f"This is {found.site}")
    code = ask_code(code_fd)
    with folder.locked():
        safekeeping.recover(found.recovery, code, folder)
    reporter.report(f"Decisions, keys and answers of {found.site} are back in {folder.path}")
    reporter.report(f"Now run: trivet deploy {folder.answers_file}")


def _observe() -> here.Here | None:
    try:
        return here.observe_here(config.load())
    except (msgspec.ValidationError, tomllib.TOMLDecodeError) as err:
        raise ConfigWrong(path=config.FILE, reason=str(err)) from err


def ask_code(code_fd: int | None) -> str:
    """From a file descriptor, or typed on the terminal without being shown; never from the command line, which
    everybody on the node can read."""
    if code_fd is not None:
        try:
            code = os.read(code_fd, MAX_CODE).decode(errors="replace")
        except OSError as err:
            raise CodeWrong(reason=f"cannot be read from file descriptor {code_fd} ({err.strerror})") from err
    elif sys.stdin.isatty():
        code = click.prompt("Recovery code", hide_input=True)
    else:
        raise NoCode
    if (reason := recovery.why_not_code(code)) is not None:
        raise CodeWrong(reason=reason)
    return code.strip()


def report_code(folder: Folder, reporter: ProgressReporter, *, terminal: bool) -> None:
    """Show the recovery code on a terminal once; where the output may go into a log, only where it lies."""
    if not terminal:
        reporter.report(f"recovery  code in {folder.recovery_code_file}: copy it, it is needed when this node is lost")
        return
    if folder.note_code_shown():
        reporter.report(f"recovery  {folder.recovery_code()}")
        reporter.report(
            "          Write this code down and keep it elsewhere. It is not shown again, and with it any node"
        )
        reporter.report("          brings the site's keys back when this one is lost: trivet deploy --recover")
