"""The name of a VM in `virsh list`: its own where libvirt and a shell take it as it is; pure."""

import re
from collections.abc import Collection

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def domain_name(vm_name: str, vm_id: str, taken: Collection[str]) -> str:
    """`vm_name`, or what can be kept of it with the beginning of the id; `taken` are the names of other domains."""
    if _SAFE.fullmatch(vm_name) and vm_name not in taken:
        return vm_name
    kept = _UNSAFE.sub("-", vm_name).strip("-._")[:40] or "vm"
    short = f"{kept}-{vm_id[:8]}"
    return short if short not in taken else f"{kept}-{vm_id}"
