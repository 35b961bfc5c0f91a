"""Reads and writes the fence devices on the engine volume. Every call blocks."""

from pathlib import Path

from hosted_engine.ha.fence_settings import FenceFileDamaged, FenceSettings, check, parse
from hosted_engine.ha.secret_file import read_secret, write_secret
from hosted_engine.ha.settings_file import format_settings


def read_fencing(path: Path) -> FenceSettings:
    """No devices where there is no file. Raises FenceFileDamaged, also for one that others may read; OSError."""
    text = read_secret(path, lambda reason: FenceFileDamaged(reason=reason))
    return FenceSettings() if text is None else parse(text)


def write_fencing(path: Path, settings: FenceSettings) -> None:
    """Raises BadFenceSetting and writes nothing; OSError."""
    check(settings)
    write_secret(path, format_settings(settings))
