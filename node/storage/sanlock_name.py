"""sanlock's own name for this host: with one that stays the same a rebooted node gets its host id back at once,
otherwise it waits until its former self is proven dead."""

import logging
from pathlib import Path

from node.storage.sanlock import Sanlock, SanlockFailed
from node.system.files import read_or_none, write_durable
from node.system.process import CommandFailed, Run

log = logging.getLogger(__name__)

FILE = Path("/etc/sanlock/sanlock.conf")


def with_name(text: str, name: str) -> str:
    """sanlock.conf with our_host_name set; pure."""
    kept = [line for line in text.splitlines() if line.partition("=")[0].strip() != "our_host_name"]
    return "\n".join([*kept, f"our_host_name = {name}"]) + "\n"


def keep_name(node_id: str, sanlock: Sanlock, run: Run, file: Path = FILE) -> None:
    """Write the name where it is not there, and restart sanlock then unless it is in use."""
    before = (read_or_none(file) or b"").decode()
    after = with_name(before, node_id)
    if after == before:
        return
    file.parent.mkdir(exist_ok=True)
    write_durable(file, after, mode=0o644)
    try:
        if sanlock.is_idle():
            run("systemctl", "try-restart", "sanlock.service")
    except (SanlockFailed, CommandFailed) as err:
        log.warning("sanlock takes its name from its next start on: %s", err)
