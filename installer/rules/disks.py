"""How disks are said. Pure."""

MAX_NAMED = 64
MAX_ID = 256


def why_not_disk_id(text: str) -> str | None:
    """The rule for a serial number or WWN, or for the path of a disk that has neither."""
    if not text.strip():
        return "is empty: a serial number or WWN is expected"
    return None if len(text) <= MAX_ID and text.isprintable() else "is no serial number and no WWN"


def why_not_many(texts: list[str]) -> str | None:
    return f"has {len(texts)} entries, and at most {MAX_NAMED} are read" if len(texts) > MAX_NAMED else None
