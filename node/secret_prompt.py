"""Takes a secret from a terminal or a file descriptor, never from a command line, which every process can read."""

import os
import sys

import click

from node.api.problems import Refused

MOST_SECRET = 4096


class NoSecret(Refused):
    what = "Nothing was set"
    why = "{secret} is needed, and there is no terminal to ask on"
    mend = "Give it through a file descriptor: {option} N"
    status = 422


class SecretUnreadable(Refused):
    what = "Nothing was set"
    why = "{option} {reason}"
    mend = "Give the number of a file descriptor that is open for reading, as in {option} 0 for standard input"
    status = 422


def secret(name: str, option: str, fd: int | None) -> str:
    """From a file descriptor to its end, or typed without being shown. Raises NoSecret, SecretUnreadable."""
    if fd is None:
        if not sys.stdin.isatty():
            raise NoSecret(secret=name, option=option)
        return str(click.prompt(name, hide_input=True))
    data = b""
    try:
        while len(data) <= MOST_SECRET and (part := os.read(fd, MOST_SECRET)):
            data += part
        return data.decode().rstrip("\r\n")
    except OSError as err:
        raise SecretUnreadable(option=option, reason=f"cannot be read ({err.strerror})") from err
    except UnicodeDecodeError as err:
        raise SecretUnreadable(option=option, reason="gives no text in UTF-8") from err
