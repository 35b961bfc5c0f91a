"""Whether what a body says is what is shown anyway; both as they travel."""

from datetime import datetime
from typing import Any

from hosted_engine.rest.media.wire import LINKS, SERVICE, Wire

BESIDE = frozenset({"href", SERVICE, LINKS, "actions"})  # of the representation, not of the object


def is_empty(value: Any) -> bool:
    if isinstance(value, dict):
        return all(is_empty(inner) for name, inner in value.items() if name not in BESIDE)
    if isinstance(value, list):
        return all(is_empty(inner) for inner in value)
    return value is None or value == ""


def matches(value: Any, shown: Any) -> bool:
    """Whether all that `value` says is shown. An object is known by its id: of the rest counts what is shown."""
    if isinstance(value, dict) and isinstance(shown, dict):
        if value.get("id") and shown.get("id"):
            return all(matches(v, shown[k]) for k, v in value.items() if k in shown and not _beside(k, v))
        return all(matches(v, shown.get(k)) for k, v in value.items() if not _beside(k, v))
    if isinstance(value, list) and isinstance(shown, list):
        return len(value) == len(shown) and all(map(matches, value, shown))
    if isinstance(value, datetime) and isinstance(shown, datetime):
        return abs((value - shown).total_seconds()) < 1
    return bool(value == shown)


def _beside(name: str, value: Any) -> bool:
    """Whether the element says nothing of the object."""
    return name in BESIDE or is_empty(value)


def innermost(place: str, value: Any, shown: Any) -> tuple[str, Any]:
    """The first element within that is said to be otherwise than it is shown."""
    if isinstance(value, dict) and isinstance(shown, dict):
        for name, inner in value.items():
            if not _beside(name, inner) and not matches(inner, shown.get(name)):
                return innermost(f"{place}.{name}", inner, shown.get(name))
    return place, value


def format_value(value: Any, name: str = "") -> str:
    """`value` as a refusal repeats it; what the element `name` keeps secret is not."""
    if name.endswith("password"):
        return "(not repeated)"
    if isinstance(value, dict):
        parts = ", ".join(f"{k}: {format_value(v, k)}" for k, v in value.items() if not _beside(k, v))
        return f"{{{parts}}}"
    if isinstance(value, list):
        return f"[{', '.join(format_value(inner) for inner in value[:5])}]"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 80 else f"{text[:80]}…"


def put_part(shown: Wire, place: str, part: Wire) -> None:
    """Puts what a part is shown as ("disk_attachments.disk_attachment[1].disk") into what the whole is; those of a
    list in its order."""
    above, _, last = place.rpartition(".")
    holder = at(shown, above) if above else shown
    if last.endswith("]"):
        holds, _, name = above.rpartition(".")
        holder = at(shown, holds) if holds else shown
        holder[name] = [*(holder.get(name) or []), part]
    else:
        holder[last] = part


def at(shown: Any, place: str) -> Any:
    """What is shown at the place; None where nothing is."""
    for step in place.split("."):
        if step.endswith("]") and isinstance(shown, list):
            number = int(step.rpartition("[")[2].rstrip("]"))
            shown = shown[number - 1] if number <= len(shown) else None
        else:
            shown = shown.get(step) if isinstance(shown, dict) else None
    return shown
