"""Reads and writes the settings of the notifications on the engine volume. Every call blocks."""

from pathlib import Path

from hosted_engine.ha.notify_settings import NotifyFileDamaged, NotifySettings, check, parse
from hosted_engine.ha.secret_file import read_secret, write_secret
from hosted_engine.ha.settings_file import format_settings


def read_settings(path: Path) -> NotifySettings:
    """Nothing is set where there is no file. Raises NotifyFileDamaged, also for one that others may read; OSError."""
    text = read_secret(path, lambda reason: NotifyFileDamaged(reason=reason))
    return NotifySettings() if text is None else parse(text)


def write_settings(path: Path, settings: NotifySettings) -> None:
    """Raises BadSetting and writes nothing; OSError."""
    check(settings)
    write_secret(path, format_settings(settings))
