"""Root's password on this machine: whether there is one, whether this is it, and a new one. Never in an argv."""

from pathlib import Path

from hosted_engine.deploy.rules.numbers import why_not_password
from node.api.problems import Failed, Refused
from node.system.process import CommandFailed, Run

SHADOW = Path("/etc/shadow")


class NoPassword(Refused):
    what = "Nothing can be changed at this console"
    why = "root has no password on this node, so nobody can show here that he may"
    mend = "Sign in by SSH with a key that the node knows and give root a password (passwd), or install the node anew"


class NotRoot(Refused):
    what = "Nothing can be changed at this console"
    why = "it was not begun by root ({reason})"
    mend = "Leave it and run it as root: sudo trivet console"


class BadPassword(Refused):
    what = "The password was not changed"
    why = "{reason}"
    mend = "Choose another one"


class PasswordNotSet(Failed):
    what = "The password was not changed"
    why = "{reason}"
    mend = "Look into the journal (journalctl -b), then try again"


class RootAccount:
    def __init__(self, run: Run, shadow: Path = SHADOW) -> None:
        self._run, self._shadow = run, shadow

    def why_not_usable(self) -> Refused | None:
        """Why nobody can sign in with root's password; None where there is one."""
        try:
            return None if has_password(self._shadow.read_text()) else NoPassword()
        except OSError as err:
            return NotRoot(reason=err.strerror or err)

    def is_password(self, password: str) -> bool:
        """Asked of PAM's own helper, which reads it from its standard input. Raises CommandFailed where that is not
        there."""
        try:
            self._run("unix_chkpwd", "root", "nonull", stdin=password + "\0", timeout_s=30)
        except CommandFailed as err:
            if err.exit_status is None:
                raise
            return False
        return True

    def set_password(self, password: str) -> None:
        """Raises BadPassword, PasswordNotSet."""
        if (reason := why_not_password(password)) is not None:
            raise BadPassword(reason=reason)
        try:
            self._run("chpasswd", stdin=f"root:{password}\n", timeout_s=30)
        except CommandFailed as err:
            raise PasswordNotSet(reason=err.text.why) from err


def has_password(shadow: str) -> bool:
    """Whether root's line in shadow(5) has a hash that a password can match; pure."""
    for line in shadow.splitlines():
        name, _, rest = line.partition(":")
        if name == "root":
            return rest.partition(":")[0].startswith("$")
    return False
