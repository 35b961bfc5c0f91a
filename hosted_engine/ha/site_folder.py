"""Reads the site's file from the engine volume; where the newest is damaged, the one before it."""

import logging
from pathlib import Path

from hosted_engine.ha.site_files import SITE_FILE, HaSite, SiteFileDamaged, parse_site
from node.storage.layout import previous
from node.system.files import read_or_none

log = logging.getLogger(__name__)


def read_site(folder: Path) -> HaSite:
    """Raises OSError where the volume does not answer, SiteFileDamaged where no whole file is left."""
    try:
        return parse_site((folder / SITE_FILE).read_bytes())
    except SiteFileDamaged as err:
        before = read_or_none(folder / previous(SITE_FILE))
        if before is None:
            raise
        found = parse_site(before)
        log.warning("%s; the one before it is used", err)
        return found
