"""The names of a pool's VMs: the pool's name with their number in the place of its question marks. Pure."""

import re
from collections.abc import Collection
from itertools import count, islice

from hosted_engine.engine.problems import BadValue

_MASK = re.compile(r"\?+")


def check_mask(name: str) -> None:
    """Raises BadValue for a name with question marks in two places."""
    if len(_MASK.findall(name)) > 1:
        reason = "question marks stand for the number of a VM, and that may be in one place"
        raise BadValue(value=repr(name), field="vm_pool.name", reason=reason)


def vm_name(pool: str, number: int) -> str:
    """With as many digits as there are question marks; at the end where there are none."""
    mask = _MASK.search(pool)
    if mask is None:
        return f"{pool}-{number}"
    return f"{pool[: mask.start()]}{number:0{len(mask.group())}}{pool[mask.end() :]}"


def new_names(pool: str, how_many: int, taken: Collection[str]) -> tuple[str, ...]:
    """The first ones that are free. Raises BadValue when the numbers have not digits enough for that."""
    mask = _MASK.search(pool)
    most = 10 ** len(mask.group()) - 1 if mask else None
    numbers = count(1) if most is None else iter(range(1, most + 1))
    free = (name for number in numbers if (name := vm_name(pool, number)) not in taken)
    names = tuple(islice(free, how_many))
    if len(names) < how_many:
        reason = f"its question marks are enough for {most} VMs, some of whose names may be taken"
        raise BadValue(value=repr(pool), field="vm_pool.name", reason=reason)
    return names
