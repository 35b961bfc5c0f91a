"""What a guest wrote to its serial console."""

from pathlib import Path

from node.api.messages.vms import ConsoleLog

CONSOLE_BYTES = 64 << 10


def console_end(path: Path) -> ConsoleLog:
    text, truncated = read_end(path, CONSOLE_BYTES)
    return ConsoleLog(text=text, truncated=truncated)


def read_end(path: Path, most_bytes: int) -> tuple[str, bool]:
    """The last part of the file, and whether that is not all of it; nothing where there is none."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - most_bytes))
            content = file.read()
    except FileNotFoundError:
        return "", False
    return content.decode(errors="replace"), size > most_bytes


def remove(path: Path) -> None:
    """With the earlier ones beside it."""
    for one in (path, *path.parent.glob(f"{path.name}.*")):
        one.unlink(missing_ok=True)
