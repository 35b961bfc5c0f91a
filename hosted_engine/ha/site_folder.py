"""Reads the site's files from the engine volume; where the newest of a file is damaged, the one before it."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from hosted_engine.ha.site_files import (
    ENGINE_VM_FILE,
    SITE_FILE,
    HaSite,
    SiteFileDamaged,
    parse_engine_vm,
    parse_site,
)
from node.api.messages.vms import VmSpec
from node.storage.site_files import previous
from node.system.files import read_or_none

T = TypeVar("T")

log = logging.getLogger(__name__)


def read_site(folder: Path) -> HaSite:
    """Raises OSError where the volume does not answer, SiteFileDamaged where no whole file is left."""
    return _read(folder, SITE_FILE, parse_site)


def read_engine_vm(folder: Path) -> VmSpec:
    """As `read_site`."""
    return _read(folder, ENGINE_VM_FILE, parse_engine_vm)


def _read(folder: Path, name: str, parse: Callable[[bytes], T]) -> T:
    try:
        return parse((folder / name).read_bytes())
    except SiteFileDamaged as err:
        before = read_or_none(folder / previous(name))
        if before is None:
            raise
        found = parse(before)
        log.warning("%s; the one before it is used", err)
        return found
