"""How a mount of a volume names the servers that can describe it."""

from collections.abc import Sequence

_BACKUP = "backup-volfile-servers="


def backup_options(others: Sequence[str]) -> tuple[str, ...]:
    """Mount options: who is asked for the volume's description, in order, when the first server does not answer. Once
    mounted, all bricks are spoken to directly."""
    return (_BACKUP + ":".join(others),) if others else ()


def is_backup(option: str) -> bool:
    """Whether it is one of `backup_options`."""
    return option.startswith(_BACKUP)


def servers(first: str, options: Sequence[str]) -> tuple[str, ...]:
    """The reverse: all that a mount names."""
    others = [name for option in options if is_backup(option) for name in option[len(_BACKUP) :].split(":")]
    return (first, *(name for name in others if name))
