"""`trivet deploy --recover`: asks for the recovery code and brings the deploy's folder back on this node."""

import os
import sys
import tomllib

import click
import msgspec

from hosted_engine.deploy import here, recovery, safekeeping
from hosted_engine.deploy.answers import Answers
from hosted_engine.deploy.folder import Folder
from hosted_engine.deploy.here import NoRecoveryFile, NoSite
from hosted_engine.deploy.progress import Teller
from hosted_engine.deploy.reach import Reach
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


def check_here(answers: Answers, folder: Folder, reach: Reach) -> None:
    """Refuse a deploy of this machine over a living site that it is a member of and `folder` knows nothing of."""
    if reach.own(answers) is None:
        return
    if (problem := here.why_not_deploy(_look(), folder)) is not None:
        raise problem


def recover_here(folder: Folder, teller: Teller, *, code_fd: int | None, dry_run: bool) -> None:
    found = _look()
    if found is None:
        raise NoSite
    if found.recovery is None:
        raise NoRecoveryFile(node=found.node, site=found.site, reason=found.trouble)
    if folder.has_decisions():
        raise safekeeping.FolderThere(folder=folder.path)
    if dry_run:
        teller.say(f"would bring back {folder.path} for {found.site}")
        return
    teller.say(f"This is {found.site}")
    code = ask_code(code_fd)
    with folder.locked():
        safekeeping.recover(found.recovery, code, folder)
    teller.say(f"Decisions, keys and answers of {found.site} are back in {folder.path}")
    teller.say(f"Now run: trivet deploy {folder.answers_file}")


def _look() -> here.Here | None:
    try:
        return here.look(config.load())
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


def tell_code(folder: Folder, teller: Teller, *, terminal: bool) -> None:
    """Show the recovery code on a terminal once; where the output may go into a log, only where it lies."""
    if not terminal:
        teller.say(f"recovery  code in {folder.recovery_code_file}: copy it, it is needed when this node is lost")
        return
    if folder.note_code_shown():
        teller.say(f"recovery  {folder.recovery_code()}")
        teller.say("          Write this code down and keep it elsewhere. It is not shown again, and with it any node")
        teller.say("          brings the site's keys back when this one is lost: trivet deploy --recover")
