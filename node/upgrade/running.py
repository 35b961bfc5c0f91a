"""Which version of the image this machine was started from."""

from importlib.metadata import version
from pathlib import Path

import msgspec

from node.upgrade.slots import parse_booted

BOOTED = Path("/run/trivet/booted.json")  # the initrd writes it


def running_version(booted: Path = BOOTED) -> str:
    """The image's version on an installed node; elsewhere (lab, checkout) that of the code, which has no time in it."""
    try:
        return parse_booted(booted.read_text()).version
    except (OSError, ValueError, msgspec.MsgspecError):
        return version("trivet")
