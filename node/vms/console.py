"""What a guest wrote to its serial console."""

from pathlib import Path

from node.api.messages.vms import ConsoleLog

CONSOLE_BYTES = 64 << 10


def read_end(path: Path) -> ConsoleLog:
    """The last part of the file; nothing where there is none."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - CONSOLE_BYTES))
            content = file.read()
    except FileNotFoundError:
        return ConsoleLog(text="", truncated=False)
    return ConsoleLog(text=content.decode(errors="replace"), truncated=size > CONSOLE_BYTES)


def remove(path: Path) -> None:
    """With the earlier ones beside it."""
    for one in (path, *path.parent.glob(f"{path.name}.*")):
        one.unlink(missing_ok=True)
