"""What of a message its reader would pass over."""

from collections.abc import Iterator

import msgspec


def unknown_names(sent: object, read: object, path: str = "") -> Iterator[str]:
    """The names in `sent` that `read`, which was decoded from it, has no field for."""
    if isinstance(sent, dict) and isinstance(read, msgspec.Struct):
        for name, value in sent.items():
            if name in read.__struct_fields__:
                yield from unknown_names(value, getattr(read, name), f"{path}{name}.")
            else:
                yield path + name
    elif isinstance(sent, list) and isinstance(read, tuple):
        for one, decoded in zip(sent, read, strict=True):
            yield from unknown_names(one, decoded, path)
