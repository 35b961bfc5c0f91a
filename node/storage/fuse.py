"""Whether a process still serves a FUSE mount: a dead mount and one that lost its bricks give the same error."""

from pathlib import Path


def serves(cmdline: bytes, where: str) -> bool:
    """Whether `cmdline`, of /proc, is that of the glusterfs process behind the mount at `where`; pure."""
    argv = [part.decode(errors="surrogateescape") for part in cmdline.split(b"\0") if part]
    return len(argv) > 1 and Path(argv[0]).name.startswith("glusterfs") and argv[-1] == where


def is_served(where: str, proc: Path = Path("/proc")) -> bool:
    for process in proc.iterdir():
        if process.name.isdigit():
            try:
                cmdline = (process / "cmdline").read_bytes()
            except OSError:  # it ended meanwhile
                continue
            if serves(cmdline, where):
                return True
    return False
