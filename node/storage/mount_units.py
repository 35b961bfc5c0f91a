"""Mount units for storage domains, and what the kernel says about mounts; pure."""

from pathlib import PurePosixPath

from node.storage.drivers.driver import Mount

_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:_.")
# "Before" means at shutdown: after them. sanlock gives its leases back on it, VMs write to it until they end.
_UNIT = """\
# Written by trivet-node; it comes back with every boot as long as the mount is desired.
[Unit]
Description={title}
After={after}
Before=sanlock.service trivet-guests.service

[Mount]
What={what}
Where={where}
Type={type}
Options={options}
TimeoutSec=60
"""


def unit_name(where: PurePosixPath) -> str:
    """The name that systemd demands for a mount at `where` (systemd.unit(5), string escaping)."""
    parts = [part for part in where.parts if part != "/"]
    escaped = "-".join("".join(c if c in _PLAIN else _escaped(c) for c in part) for part in parts)
    if escaped.startswith("."):
        escaped = "\\x2e" + escaped[1:]
    return f"{escaped}.mount"


def unit_text(title: str, where: PurePosixPath, mount: Mount) -> str:
    """A `%` would be a specifier to systemd."""
    values = {
        "title": title,
        "after": " ".join(("network.target", *mount.after)),
        "what": mount.what,
        "where": str(where),
        "type": mount.type,
        "options": ",".join(mount.options),
    }
    return _UNIT.format(**{key: value.replace("%", "%%") for key, value in values.items()})


def mounted_type(mounts: str, where: PurePosixPath) -> str | None:
    """The file system type that is mounted last at `where` according to /proc/self/mounts; None when nothing is."""
    found = None
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) >= 3 and _unescape(fields[1]) == str(where):
            found = fields[2]
    return found


def _escaped(character: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in character.encode())


def _unescape(text: str) -> str:
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, character)
    return text
