"""The nodes in the site's file for trivet-ha: read and replaced without knowing what else stands there."""

from pathlib import Path
from typing import Any

import msgspec

from node.api.messages.ha import SiteNodes
from node.api.problems import Failed
from node.system.files import read_or_none

FILE = "site.json"


class SiteFileUnusable(Failed):
    what = "{file} on the volume cannot be used"
    why = "{reason}"
    mend = "Run the deploy on the node that it ran on: it writes the file anew"


def read(folder: Path) -> SiteNodes:
    """Raises OSError where the volume does not answer, SiteFileUnusable."""
    return parse(_text(folder))


def parse(text: bytes) -> SiteNodes:
    try:
        return msgspec.json.decode(text, type=SiteNodes)
    except msgspec.MsgspecError as err:
        raise SiteFileUnusable(file=FILE, reason=str(err)) from err


def text_with(folder: Path, nodes: SiteNodes) -> str:
    """What the file has to be for these nodes."""
    return with_nodes(_text(folder), nodes).decode()


def with_nodes(text: bytes, nodes: SiteNodes) -> bytes:
    """`text` with other nodes, all else as it is; pure. The same document gives the same bytes whoever writes it."""
    parse(text)
    document: dict[str, Any] = msgspec.json.decode(text)
    document["nodes"] = nodes.nodes
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _text(folder: Path) -> bytes:
    text = read_or_none(folder / FILE)
    if text is None:
        raise SiteFileUnusable(file=FILE, reason="it is not there")
    return text
