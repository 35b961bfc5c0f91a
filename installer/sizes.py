"""Sizes for people: of disks as they are sold (480 GB), of memory as it is built in (16 GiB). Pure."""

DECIMAL = ("bytes", "kB", "MB", "GB", "TB", "PB")
BINARY = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB")


def format_disk_size(size_bytes: int) -> str:
    return _format(size_bytes, 1000, DECIMAL)


def format_memory_size(size_bytes: int) -> str:
    return _format(size_bytes, 1024, BINARY)


def _format(size_bytes: int, step: int, units: tuple[str, ...]) -> str:
    size, unit = float(size_bytes), 0
    while round(size, 1) >= step and unit < len(units) - 1:
        size, unit = size / step, unit + 1
    return f"{size:.1f}".removesuffix(".0") + f" {units[unit]}" if size < 100 else f"{size:.0f} {units[unit]}"
